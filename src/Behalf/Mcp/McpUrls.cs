using Behalf.Identity;

namespace Behalf.Mcp;

/// <summary>Where virtual servers are reached, from settings; the paths are case-sensitive.</summary>
internal sealed class McpUrls(IIdentity identity, PublicUrls urls)
{
    private const string Configs = "/mcp/v3/servers/";
    private const string Instances = "/mcp/v2/servers/";
    private const string Connections = "/mcp/v3/connections/";
    private const string OfOneUser = "/mcp/v1/servers/";

    public async Task<Uri> OfAsync(McpConfig config, CancellationToken cancellationToken) =>
        await OfAsync(
            config.Environment,
            config.Identifier is null ? Configs : OfOneUser,
            config.Server,
            cancellationToken
        );

    public async Task<Uri> OfAsync(McpInstance instance, CancellationToken cancellationToken) =>
        await OfAsync(instance.Environment, Instances, instance.Server, cancellationToken);

    /// <summary>The server of one connection's tools.</summary>
    public Uri Of(DeploymentEnvironment environment, ConnectionName connection) =>
        new($"{urls.Origin(environment)}{Connections}{connection}");

    /// <summary>Where that path is, in an environment.</summary>
    public Uri Of(DeploymentEnvironment environment, McpAddress address) =>
        new(urls.Origin(environment) + address.Path);

    private async Task<Uri> OfAsync(
        EnvironmentId environmentId,
        string path,
        Guid server,
        CancellationToken cancellationToken
    )
    {
        DeploymentEnvironment environment =
            await identity.FindEnvironmentAsync(environmentId, cancellationToken)
            ?? throw new InvalidOperationException($"The environment {environmentId} of a stored server is gone.");
        return new Uri($"{urls.Origin(environment)}{path}{server:D}");
    }
}
