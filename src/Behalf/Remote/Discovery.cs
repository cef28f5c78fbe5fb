using System.Text;
using System.Text.Json;
using Behalf.Connectors.Remote;
using Behalf.Egress;

namespace Behalf.Remote;

/// <summary>
/// Asks a remote MCP server, without any credential, who authorizes for it: its challenge or its well-known documents
/// (RFC 9728), then the authorization server's own (RFC 8414, or OpenID Connect Discovery). Every document has to name what
/// it was asked about.
/// </summary>
internal sealed class Discovery(IEgress egress)
{
    private const int MaxAnswer = 256 * 1024;
    private const int UnsupportedVersion = -32022;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    /// <value>The first request of each generation of the wire, the newer one first.</value>
    private static readonly (string Body, KeyValuePair<string, string>[] Headers)[] Probes =
    [
        (
            """{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"Behalf","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}""",
            [new("MCP-Protocol-Version", "2026-07-28"), new("Mcp-Method", "tools/list")]
        ),
        (
            """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"Behalf","version":"1"}}}""",
            []
        ),
    ];

    public async Task<Result<Discovered>> RunAsync(Uri server, CancellationToken cancellationToken)
    {
        EgressOutcome outcome = await ProbeAsync(server, cancellationToken);
        if (outcome is not EgressOutcome.Answered probed)
        {
            return new Problem(
                ProblemKind.Unavailable,
                "server_unreachable",
                $"{server.Host} could not be asked: {((EgressOutcome.Failed)outcome).Description}."
            );
        }

        if (Understood(probed))
        {
            return new Discovered(null);
        }

        Challenge challenge = Challenge.Of(probed.Status == 401 ? HeaderOf(probed, "WWW-Authenticate") : null);
        Result<ProtectedResource> resource = await ResourceAsync(server, challenge, cancellationToken);
        if (!resource.Succeeded)
        {
            return resource.Problem;
        }

        Result<AuthorizationServerMetadata> metadata = await MetadataAsync(
            resource.Value.AuthorizationServer,
            resource.Value.IsAssumed,
            cancellationToken
        );
        return metadata.Succeeded
            ? new Discovered(metadata.Value.For(resource.Value, challenge.Scopes))
            : metadata.Problem;
    }

    /// <summary>Until a request is understood or asks for a credential: a server of one generation cannot read the other's.</summary>
    private async Task<EgressOutcome> ProbeAsync(Uri server, CancellationToken cancellationToken)
    {
        EgressOutcome? outcome = null;
        foreach ((string body, KeyValuePair<string, string>[] headers) in Probes)
        {
            using ByteArrayContent content = new(Encoding.UTF8.GetBytes(body));
            content.Headers.ContentType = new("application/json");
            outcome = await SendAsync(HttpMethod.Post, server, content, headers, cancellationToken);
            if (outcome is not EgressOutcome.Answered answered || answered.Status is 401 or 403 || Understood(answered))
            {
                break;
            }
        }

        return outcome!;
    }

    /// <summary>A success, or a refusal of the version alone: whoever names the versions it has asks for no credential.</summary>
    private static bool Understood(EgressOutcome.Answered answered) =>
        answered.Status is >= 200 and <= 299
        || (
            answered.Status == 400
            && Read(answered.Body) is { } refusal
            && refusal.TryGetProperty("error", out JsonElement error)
            && error.ValueKind == JsonValueKind.Object
            && error.TryGetProperty("code", out JsonElement code)
            && code.ValueKind == JsonValueKind.Number
            && code.TryGetInt32(out int number)
            && number == UnsupportedVersion
        );

    private async Task<Result<ProtectedResource>> ResourceAsync(
        Uri server,
        Challenge challenge,
        CancellationToken cancellationToken
    )
    {
        string origin = server.GetLeftPart(UriPartial.Authority);
        string path = server.AbsolutePath.TrimEnd('/');
        IEnumerable<Uri> places = challenge.Metadata is { } named
            ? [named]
            : new[]
            {
                $"{origin}/.well-known/oauth-protected-resource{path}",
                $"{origin}/.well-known/oauth-protected-resource",
            }
                .Distinct()
                .Select(text => new Uri(text));
        foreach (Uri place in places)
        {
            if (await DocumentAsync(place, cancellationToken) is { } document)
            {
                return ProtectedResource.Read(document, server);
            }
        }

        // Before 2025-06-18 a server's own origin was its authorization server.
        return challenge.Metadata is { } missing
            ? Failed($"{missing} holds no document about the server")
            : new ProtectedResource(server.AbsoluteUri, new Uri(origin), [], IsAssumed: true);
    }

    private async Task<Result<AuthorizationServerMetadata>> MetadataAsync(
        Uri issuer,
        bool isAssumed,
        CancellationToken cancellationToken
    )
    {
        string origin = issuer.GetLeftPart(UriPartial.Authority);
        string path = issuer.AbsolutePath.TrimEnd('/');
        string[] places =
        [
            $"{origin}/.well-known/oauth-authorization-server{path}",
            $"{origin}/.well-known/openid-configuration{path}",
            $"{origin}{path}/.well-known/openid-configuration",
        ];
        foreach (string place in places.Distinct())
        {
            if (await DocumentAsync(new Uri(place), cancellationToken) is { } document)
            {
                return AuthorizationServerMetadata.Read(document, issuer, isAssumed);
            }
        }

        return Failed($"{issuer} has no metadata of an authorization server");
    }

    /// <returns>Null: there is none, or nothing that can be read.</returns>
    private async Task<JsonElement?> DocumentAsync(Uri place, CancellationToken cancellationToken)
    {
        EgressOutcome outcome = await SendAsync(HttpMethod.Get, place, null, [], cancellationToken);
        return outcome is EgressOutcome.Answered { Status: 200 } answered ? Read(answered.Body) : null;
    }

    /// <returns>Null: not a JSON object.</returns>
    private static JsonElement? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 32 });
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private Task<EgressOutcome> SendAsync(
        HttpMethod method,
        Uri uri,
        HttpContent? content,
        IReadOnlyList<KeyValuePair<string, string>> headers,
        CancellationToken cancellationToken
    ) =>
        egress.SendAsync(
            new EgressRequest
            {
                Method = method,
                Uri = uri,
                Origin = new Uri(uri.GetLeftPart(UriPartial.Authority)),
                Headers = [new("Accept", "application/json, text/event-stream"), .. headers],
                Content = content,
                Timeout = Timeout,
                MaxResponseBytes = MaxAnswer,
            },
            cancellationToken
        );

    public static Problem Failed(string what) =>
        new(ProblemKind.FailedPrecondition, "discovery_failed", $"The server cannot be connected: {what}.");

    private static string? HeaderOf(EgressOutcome.Answered answered, string name) =>
        answered.Headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}

/// <param name="Authorization">Null: the server answers without a credential.</param>
internal sealed record Discovered(RemoteAuthorization? Authorization);
