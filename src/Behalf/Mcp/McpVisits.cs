using Behalf.Identity;

namespace Behalf.Mcp;

/// <summary>Lets callers in at a server: token, config as it is now, and what the two allow together.</summary>
internal sealed class McpVisits(IMcpStore store, IIdentity identity, McpUrls urls)
{
    private static readonly Problem NotHere = new(
        ProblemKind.Unauthenticated,
        "invalid_token",
        "The token is missing, expired or not for this server. Ask the application for a new one."
    );

    public async Task<Result<McpVisit>> EnterAsync(
        McpAddress address,
        string token,
        CancellationToken cancellationToken
    )
    {
        if (await store.FindServerAsync(address.Server, cancellationToken) is not { } config)
        {
            return NotHere; // as with a foreign token: the URL of a server that is gone tells nothing
        }

        Uri url = await urls.OfAsync(config, cancellationToken);
        if (url.AbsolutePath != address.Path)
        {
            return NotHere;
        }

        Result<ServerCaller> caller = await identity.AuthenticateAtServerAsync(token, url, cancellationToken);
        if (!caller.Succeeded)
        {
            return caller.Problem;
        }

        Principal principal = caller.Value.Principal;
        if (caller.Value.Config != config.Id.ToString() || principal.Environment != config.Environment)
        {
            return NotHere;
        }

        Result<ActingSubject> subject = await identity.ActForAsync(
            principal.Within(LimitsOf(config)),
            null,
            cancellationToken
        );
        return subject.To(acting => new McpVisit(acting, config));
    }

    private static CredentialLimits LimitsOf(McpConfig config) =>
        new(config.Mappings.Select(mapping => mapping.ConnectionName.Value).ToHashSet(StringComparer.Ordinal), null)
        {
            ToolsOf = config
                .Mappings.Where(mapping => mapping.Tools.Count > 0)
                .ToDictionary(
                    mapping => mapping.ConnectionName.Value,
                    IReadOnlySet<string> (mapping) => mapping.Tools.ToHashSet(StringComparer.Ordinal),
                    StringComparer.Ordinal
                ),
        };
}
