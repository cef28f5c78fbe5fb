using System.Buffers.Text;
using System.Security.Cryptography;
using Behalf.Audit;
using Behalf.Identity;
using Microsoft.Extensions.Options;

namespace Behalf.Registration;

/// <summary>The room's one entry. An id that we give never looks like a document's URL.</summary>
internal sealed class ClientRegistry(
    IOAuthClientStore store,
    ClientDocuments documents,
    IOptions<BehalfOptions> options,
    TimeProvider time
) : IClientRegistry
{
    private const int MaxUnused = 1_000;
    private const int MaxListed = 10_000;
    private const int MaxName = 100;
    private const int RegistrationsPerSource = 20;

    private static readonly TimeSpan UnusedLife = TimeSpan.FromHours(24);
    private static readonly TimeSpan IdleLife = TimeSpan.FromDays(90);

    private readonly SourceBudget _budget = new(time, RegistrationsPerSource, TimeSpan.FromHours(1));

    public async Task<Result<OAuthClient>> ResolveAsync(
        EnvironmentId environment,
        string clientId,
        string source,
        CancellationToken cancellationToken
    )
    {
        if (clientId.StartsWith(ClientIdUrl.Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return await documents.ResolveAsync(environment, clientId, source, cancellationToken);
        }

        return await FindAsync(environment, clientId, cancellationToken) is { } client
            ? client
            : Problem.Invalid(
                "invalid_client",
                "This client is not known here. If it was removed, it has to register again."
            );
    }

    public async Task<OAuthClient?> FindAsync(
        EnvironmentId environment,
        string clientId,
        CancellationToken cancellationToken
    ) =>
        clientId.Length is > 0 and <= RedirectUri.MaxLength
            ? await store.FindAsync(environment, clientId, cancellationToken)
            : null;

    public bool IsTrusted(string clientId) =>
        !clientId.StartsWith(ClientIdUrl.Scheme, StringComparison.Ordinal)
        || (ClientIdUrl.TryParse(clientId, out Uri? uri) && documents.Distrust(uri) is null);

    public async Task<Result<OAuthClient>> RegisterAsync(
        EnvironmentId environment,
        ReadOnlyMemory<byte> metadata,
        string source,
        CancellationToken cancellationToken
    )
    {
        if (!options.Value.McpClients.DynamicRegistration)
        {
            return Problem.Forbidden(
                "access_denied",
                "Clients do not register themselves here. Ask whoever runs this server."
            );
        }

        Result<ClientMetadata> read = ClientMetadata.Read(metadata, null, options.Value.McpClients.RedirectSchemes);
        if (!read.Succeeded)
        {
            return read.Problem;
        }

        if (_budget.Take(source) is { } wait)
        {
            return TooMany(wait);
        }

        if (await store.CountUnusedAsync(environment, cancellationToken) >= MaxUnused)
        {
            return TooMany(UnusedLife);
        }

        OAuthClient client = Make(environment, OAuthClientKind.Dynamic, read.Value, null);
        AuditDraft record = Record(environment, "oauth_client.registered", client, $"by itself, from {source}");
        return await store.AddAsync(client, Traces.Of(record), cancellationToken)
            ? client
            : throw new InvalidOperationException("A random client id was taken.");
    }

    public async Task<Result<NewOAuthClient>> AddAsync(
        Principal principal,
        EnvironmentId environment,
        string name,
        IReadOnlyList<string> redirectUris,
        bool withSecret,
        CancellationToken cancellationToken
    )
    {
        if (People.Managed.Refuse(principal, environment) is { } problem)
        {
            return problem;
        }

        if (name.Length is 0 or > MaxName || name.Any(char.IsControl))
        {
            return Problem.Invalid("name", "max_len", $"has 1 to {MaxName} characters");
        }

        if (
            redirectUris.Count == 0
            || !redirectUris.All(uri => RedirectUri.IsAcceptable(uri, options.Value.McpClients.RedirectSchemes))
        )
        {
            return Problem.Invalid("redirect_uris", "uri", "are https, loopback http, or of a program's own scheme");
        }

        Secret? secret = withSecret ? Secret.FromText(NewValue("ocs_", 32)) : null;
        OAuthClient client = Make(
            environment,
            OAuthClientKind.Static,
            new ClientMetadata(name, redirectUris),
            secret is null ? null : Digest.Of(secret.Reveal())
        );
        AuditDraft record = Record(environment, "oauth_client.added", client, null) with
        {
            Principal = principal.ClientId,
        };
        await store.AddAsync(client, Traces.Of(record), cancellationToken);
        return new NewOAuthClient(client, secret);
    }

    public async Task<Result<IReadOnlyList<OAuthClient>>> ListAsync(
        Principal principal,
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) =>
        People.Managed.Refuse(principal, environment) is { } problem
            ? problem
            : (await store.ListAsync(environment, MaxListed, cancellationToken)).ToList();

    public async Task<Result<Done>> RemoveAsync(
        Principal principal,
        EnvironmentId environment,
        string clientId,
        CancellationToken cancellationToken
    )
    {
        if (People.Managed.Refuse(principal, environment) is { } problem)
        {
            return problem;
        }

        if (await FindAsync(environment, clientId, cancellationToken) is not { } client)
        {
            return Problem.NotFound("client");
        }

        AuditDraft record = Record(environment, "oauth_client.removed", client, null) with
        {
            Principal = principal.ClientId,
        };
        return await store.RemoveAsync(environment, clientId, Traces.Of(record), cancellationToken)
            ? Done.Value
            : Problem.NotFound("client");
    }

    public Task UsedAsync(OAuthClient client, CancellationToken cancellationToken) =>
        store.UsedAsync(client.Environment, client.Id, cancellationToken);

    public Task CleanAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        return store.RemoveStaleAsync(now - UnusedLife, now - IdleLife, cancellationToken);
    }

    private OAuthClient Make(
        EnvironmentId environment,
        OAuthClientKind kind,
        ClientMetadata metadata,
        Digest? secret
    ) =>
        new()
        {
            Environment = environment,
            Id = EntityId.New<OAuthClientId>(time),
            ClientId = NewValue("oac_", 16),
            Kind = kind,
            Name = metadata.Name,
            RedirectUris = metadata.RedirectUris,
            Metadata = metadata.Digest,
            Secret = secret,
            CreatedAt = time.GetUtcNow(),
        };

    private static Problem TooMany(TimeSpan wait) =>
        new(
            ProblemKind.RateLimited,
            "too_many_registrations",
            "Too many clients were registered and not used. Come back later."
        )
        {
            RetryAfter = wait,
        };

    private static string NewValue(string prefix, int bytes) =>
        prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));

    private static AuditDraft Record(EnvironmentId environment, string action, OAuthClient client, string? detail) =>
        new()
        {
            Environment = environment,
            Kind = AuditKind.Admin,
            Action = action,
            Principal = client.ClientId,
            Outcome = CallOutcomes.Success,
            Detail = $"{client.ClientId} \"{client.Name}\"{(detail is null ? "" : $" {detail}")}",
        };
}
