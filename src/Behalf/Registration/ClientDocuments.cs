using System.Globalization;
using Behalf.Authorization;
using Behalf.Egress;
using Microsoft.Extensions.Options;

namespace Behalf.Registration;

/// <summary>
/// Client-id metadata documents: fetched through the one door out (which follows no redirect and dials no special-use
/// address), bounded, and kept as long as their headers say within bounds of ours. Errors are never kept. Safe to call
/// concurrently; one fetch per URL at a time.
/// </summary>
internal sealed class ClientDocuments(
    IOAuthClientStore store,
    IEgress egress,
    IEgressOrigins origins,
    IOptions<BehalfOptions> options,
    TimeProvider time
)
{
    private const long MaxBytes = 10 * 1024;
    private const int FetchesPerSource = 30;
    private const int MaxWaiters = 100;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    private readonly SourceBudget _budget = new(time, FetchesPerSource, TimeSpan.FromMinutes(1));
    private readonly SingleFlight<DocumentKey, Fetched> _fetches = new(MaxWaiters);

    public async Task<Result<OAuthClient>> ResolveAsync(
        EnvironmentId environment,
        string clientId,
        string source,
        CancellationToken cancellationToken
    )
    {
        if (!ClientIdUrl.TryParse(clientId, out Uri? uri))
        {
            return Refused("its client_id is no plain https URL with a path");
        }

        if (Distrust(uri) is { } distrust)
        {
            return distrust;
        }

        OAuthClient? stored = await store.FindAsync(environment, clientId, cancellationToken);
        if (stored?.FreshUntil > time.GetUtcNow())
        {
            return stored;
        }

        if (_budget.Take(source) is { } wait)
        {
            return new Problem(
                ProblemKind.RateLimited,
                "too_many_requests",
                "Too many clients were looked up from here. Wait a moment."
            )
            {
                RetryAfter = wait,
            };
        }

        Fetched? fetched = await _fetches.JoinAsync(
            new DocumentKey(environment, clientId),
            async () => new Fetched(await FetchAsync(environment, clientId, uri)),
            cancellationToken
        );
        return fetched?.Client ?? Refused("it is asked for too often at once");
    }

    /// <returns>Why the settings do not let clients of this host in; null: they do.</returns>
    public Problem? Distrust(Uri uri)
    {
        McpClientOptions settings = options.Value.McpClients;
        bool isTrusted =
            settings.Documents != DocumentTrust.Off
            && !IsOn(uri, settings.BlockedHosts)
            && (settings.Documents == DocumentTrust.Any || IsOn(uri, settings.AllowedHosts));
        return isTrusted
            ? null
            : Problem.Forbidden(
                "client_not_trusted",
                $"Clients of {uri.IdnHost} are not trusted here. Ask whoever runs this server."
            );
    }

    private static bool IsOn(Uri uri, IEnumerable<string> hosts) =>
        hosts.Any(host =>
            uri.IdnHost.Equals(host, StringComparison.OrdinalIgnoreCase)
            || uri.IdnHost.EndsWith($".{host}", StringComparison.OrdinalIgnoreCase)
        );

    private async Task<Result<OAuthClient>> FetchAsync(EnvironmentId environment, string clientId, Uri uri)
    {
        Result<(byte[] Body, TimeSpan Fresh)> document = options.Value.McpClients.DocumentFiles.TryGetValue(
            clientId,
            out string? file
        )
            ? (await File.ReadAllBytesAsync(file), Usual)
            : await GetAsync(uri);
        if (!document.Succeeded)
        {
            return document.Problem;
        }

        Result<ClientMetadata> metadata = ClientMetadata.Read(
            document.Value.Body,
            clientId,
            options.Value.McpClients.RedirectSchemes
        );
        if (!metadata.Succeeded)
        {
            return metadata.Problem;
        }

        DateTimeOffset now = time.GetUtcNow();
        OAuthClient client = new()
        {
            Environment = environment,
            Id = EntityId.New<OAuthClientId>(time),
            ClientId = clientId,
            Kind = OAuthClientKind.Document,
            Name = metadata.Value.Name,
            RedirectUris = metadata.Value.RedirectUris,
            Metadata = metadata.Value.Digest,
            CreatedAt = now,
            FreshUntil = now + document.Value.Fresh,
        };
        return await store.KeepAsync(client, Traces.None, CancellationToken.None);
    }

    private async Task<Result<(byte[] Body, TimeSpan Fresh)>> GetAsync(Uri uri)
    {
        if (!uri.IsDefaultPort && !origins.IsListed(uri))
        {
            return Refused("it is on another port than 443");
        }

        EgressOutcome outcome = await egress.SendAsync(
            new EgressRequest
            {
                Method = HttpMethod.Get,
                Uri = uri,
                Origin = new Uri(uri.GetLeftPart(UriPartial.Authority)),
                Headers = [new("Accept", "application/json")],
                Timeout = Timeout,
                MaxResponseBytes = MaxBytes,
            },
            CancellationToken.None
        );
        return outcome switch
        {
            EgressOutcome.Answered { Status: 200 } answered when IsJson(answered.Headers) => (
                answered.Body,
                FreshFor(answered.Headers)
            ),
            EgressOutcome.Answered { Status: 200 } => Refused("it is not JSON"),
            EgressOutcome.Answered answered => Refused($"its host answered {answered.Status}"),
            EgressOutcome.Failed { Failure: EgressFailure.TooLarge } => Refused("it is larger than 10 KB"),
            EgressOutcome.Failed { Failure: EgressFailure.Refused } => Refused(
                "it is at an address that is not called"
            ),
            _ => Refused("its host does not answer"),
        };
    }

    private static bool IsJson(IReadOnlyDictionary<string, string> headers)
    {
        string type = headers.GetValueOrDefault("Content-Type", string.Empty).Split(';')[0].Trim().ToLowerInvariant();
        return type == "application/json"
            || (
                type.StartsWith("application/", StringComparison.Ordinal)
                && type.EndsWith("+json", StringComparison.Ordinal)
            );
    }

    private static TimeSpan FreshFor(IReadOnlyDictionary<string, string> headers)
    {
        string[] directives = headers
            .GetValueOrDefault("Cache-Control", string.Empty)
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (directives.Any(one => one is "no-store" or "no-cache"))
        {
            return Shortest;
        }

        string? age = directives.FirstOrDefault(one => one.StartsWith("max-age=", StringComparison.OrdinalIgnoreCase));
        if (!int.TryParse(age?[8..], NumberStyles.None, CultureInfo.InvariantCulture, out int seconds))
        {
            return Usual;
        }

        TimeSpan said = TimeSpan.FromSeconds(seconds);
        return said < Shortest ? Shortest
            : said > Longest ? Longest
            : said;
    }

    private static Problem Refused(string why) =>
        new(
            ProblemKind.InvalidArgument,
            "invalid_client",
            $"The document that the client describes itself with cannot be used: {why}."
        );

    private readonly record struct DocumentKey(EnvironmentId Environment, string ClientId);

    private sealed record Fetched(Result<OAuthClient> Client);
}
