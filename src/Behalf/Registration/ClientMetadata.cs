using System.Text.Json;

namespace Behalf.Registration;

/// <summary>What a client says of itself, in a document or a registration request (RFC 7591 §2), checked.</summary>
internal sealed record ClientMetadata(string Name, IReadOnlyList<string> RedirectUris)
{
    private const int MaxName = 100;
    private const int MaxUris = 20;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };
    private static readonly string[] Secrets = ["client_secret", "client_secret_expires_at"];
    private static readonly string[] Uris = ["client_uri", "logo_uri", "tos_uri", "policy_uri"];

    /// <value>Changes exactly when something changes that a person consented to.</value>
    public Digest Digest => Digest.Of(JsonSerializer.SerializeToUtf8Bytes(RedirectUris.Prepend(Name).ToArray()));

    /// <param name="body">JSON.</param>
    /// <param name="clientId">The document's own URL, which it has to say; null for a registration request.</param>
    /// <param name="schemes">See <see cref="McpClientOptions.RedirectSchemes"/>.</param>
    public static Result<ClientMetadata> Read(ReadOnlyMemory<byte> body, string? clientId, IEnumerable<string> schemes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(document.RootElement, clientId, [.. schemes])
                : Wrong("it is no JSON object");
        }
        catch (JsonException)
        {
            return Wrong("it is not readable as JSON");
        }
    }

    private static Result<ClientMetadata> Read(JsonElement root, string? clientId, string[] schemes)
    {
        if (clientId is not null && Text(root, "client_id") != clientId)
        {
            return Wrong("its client_id is not the URL it was fetched from");
        }

        if (Secrets.Any(name => clientId is not null && root.TryGetProperty(name, out _)))
        {
            return Wrong("it holds a secret, and everybody can read it");
        }

        // RFC 7591 §2 leaves out means client_secret_basic; a client without a place for a secret says none.
        if (Text(root, "token_endpoint_auth_method") is { } method && method != "none")
        {
            return Wrong("token_endpoint_auth_method must be none");
        }

        if (
            !Holds(root, "grant_types", ["authorization_code", "refresh_token"], "authorization_code")
            || !Holds(root, "response_types", ["code"], "code")
        )
        {
            return Wrong("only the authorization code grant with refresh tokens is offered");
        }

        if (Uris.Any(name => root.TryGetProperty(name, out JsonElement uri) && !IsWebAddress(uri)))
        {
            return Wrong("an address in it is not an https URL");
        }

        if (
            !root.TryGetProperty("redirect_uris", out JsonElement list)
            || list.ValueKind != JsonValueKind.Array
            || list.GetArrayLength() is 0 or > MaxUris
        )
        {
            return WrongRedirect($"redirect_uris must be 1 to {MaxUris} URIs");
        }

        string[] redirects =
        [
            .. list.EnumerateArray()
                .Select(uri => uri.ValueKind == JsonValueKind.String ? uri.GetString()! : string.Empty),
        ];
        if (!redirects.All(uri => RedirectUri.IsAcceptable(uri, schemes)))
        {
            return WrongRedirect("a redirect URI is neither https, loopback http nor a program's own scheme");
        }

        string? name = Text(root, "client_name");
        if (name is null && clientId is not null)
        {
            return Wrong("it has no client_name");
        }

        return new ClientMetadata(Shown(name ?? "(no name)"), redirects);
    }

    /// <summary>What a stranger calls himself, cut and without characters that could pass for something else.</summary>
    private static string Shown(string name)
    {
        string? text = Authorization.InertText.Description(name);
        return text is not { Length: > 0 } ? "(no name)"
            : text.Length <= MaxName ? text
            : text[..MaxName];
    }

    /// <summary>Lists ours or nothing else; and what it needs.</summary>
    private static bool Holds(JsonElement root, string name, string[] known, string needed)
    {
        if (!root.TryGetProperty(name, out JsonElement list))
        {
            return true;
        }

        string[] values =
            list.ValueKind == JsonValueKind.Array
                ?
                [
                    .. list.EnumerateArray()
                        .Select(value => value.ValueKind == JsonValueKind.String ? value.GetString()! : ""),
                ]
                : [];
        return values.Contains(needed, StringComparer.Ordinal) && values.Intersect(known, StringComparer.Ordinal).Any();
    }

    private static bool IsWebAddress(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
        && Uri.TryCreate(value.GetString(), UriKind.Absolute, out Uri? uri)
        && uri.Scheme == Uri.UriSchemeHttps;

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static Problem Wrong(string why) =>
        Problem.Invalid("invalid_client_metadata", $"What the client says of itself cannot be used: {why}.");

    private static Problem WrongRedirect(string why) =>
        Problem.Invalid("invalid_redirect_uri", $"What the client says of itself cannot be used: {why}.");
}
