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
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private const string Probe =
        """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"Behalf","version":"1"}}}""";

    public async Task<Result<Discovered>> RunAsync(Uri server, CancellationToken cancellationToken)
    {
        using ByteArrayContent content = new(Encoding.UTF8.GetBytes(Probe));
        content.Headers.ContentType = new("application/json");
        EgressOutcome outcome = await SendAsync(HttpMethod.Post, server, content, cancellationToken);
        if (outcome is not EgressOutcome.Answered probed)
        {
            return new Problem(
                ProblemKind.Unavailable,
                "server_unreachable",
                $"{server.Host} could not be asked: {((EgressOutcome.Failed)outcome).Description}."
            );
        }

        if (probed.Status is >= 200 and <= 299)
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
                using (document)
                {
                    return ProtectedResource.Read(document.RootElement, server);
                }
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
                using (document)
                {
                    return AuthorizationServerMetadata.Read(document.RootElement, issuer, isAssumed);
                }
            }
        }

        return Failed($"{issuer} has no metadata of an authorization server");
    }

    /// <returns>Null: there is none, or nothing that can be read.</returns>
    private async Task<JsonDocument?> DocumentAsync(Uri place, CancellationToken cancellationToken)
    {
        EgressOutcome outcome = await SendAsync(HttpMethod.Get, place, null, cancellationToken);
        if (outcome is not EgressOutcome.Answered { Status: 200 } answered)
        {
            return null;
        }

        try
        {
            JsonDocument document = JsonDocument.Parse(answered.Body, new JsonDocumentOptions { MaxDepth = 32 });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            return null;
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
        CancellationToken cancellationToken
    ) =>
        egress.SendAsync(
            new EgressRequest
            {
                Method = method,
                Uri = uri,
                Origin = new Uri(uri.GetLeftPart(UriPartial.Authority)),
                Headers = [new("Accept", "application/json, text/event-stream")],
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
