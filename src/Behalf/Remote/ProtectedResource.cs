using System.Text.Json;

namespace Behalf.Remote;

/// <summary>A document about a protected resource (RFC 9728).</summary>
/// <param name="Resource">What tokens are asked for.</param>
/// <param name="Scopes">That exist; empty: not said.</param>
/// <param name="IsAssumed">True: there is no document, and the server is taken for its own authorization server.</param>
internal sealed record ProtectedResource(
    string Resource,
    Uri AuthorizationServer,
    IReadOnlyList<string> Scopes,
    bool IsAssumed
)
{
    public static Result<ProtectedResource> Read(JsonElement document, Uri server)
    {
        string? resource = Text(document, "resource");
        if (resource is null || !Covers(resource, server))
        {
            // RFC 9728 §3.3: a document about another resource must not be used.
            return Discovery.Failed("the document about the server is about another one");
        }

        string? issuer = Texts(document, "authorization_servers").FirstOrDefault();
        return
            Uri.TryCreate(issuer, UriKind.Absolute, out Uri? uri) && uri.Query.Length == 0 && uri.Fragment.Length == 0
            ? new ProtectedResource(resource, uri, Texts(document, "scopes_supported"), IsAssumed: false)
            : Discovery.Failed("the document about the server names no authorization server");
    }

    /// <summary>The server itself, or what it is below: the same origin, and a whole beginning of its path.</summary>
    private static bool Covers(string resource, Uri server)
    {
        if (
            !Uri.TryCreate(resource, UriKind.Absolute, out Uri? uri)
            || uri.GetLeftPart(UriPartial.Authority) != server.GetLeftPart(UriPartial.Authority)
            || uri.Query.Length > 0
            || uri.Fragment.Length > 0
        )
        {
            return false;
        }

        string path = uri.AbsolutePath.TrimEnd('/');
        return server.AbsolutePath.TrimEnd('/') == path
            || server.AbsolutePath.StartsWith($"{path}/", StringComparison.Ordinal);
    }

    public static string? Text(JsonElement document, string name) =>
        document.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 and <= 2048 } text
            ? text
            : null;

    public static IReadOnlyList<string> Texts(JsonElement document, string name) =>
        document.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ?
            [
                .. list.EnumerateArray()
                    .Where(item => item.ValueKind == JsonValueKind.String)
                    .Select(item => item.GetString()!)
                    .Where(text => text.Length is > 0 and <= 200)
                    .Take(100),
            ]
            : [];
}
