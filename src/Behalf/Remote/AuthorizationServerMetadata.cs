using System.Text.Json;
using Behalf.Connectors.Remote;

namespace Behalf.Remote;

/// <summary>An authorization server's own document (RFC 8414 §2, OpenID Connect Discovery §3).</summary>
internal sealed record AuthorizationServerMetadata
{
    private const string OfflineAccess = "offline_access";

    public required string Issuer { get; init; }

    public required Uri Authorize { get; init; }

    public required Uri Token { get; init; }

    public Uri? Register { get; init; }

    public Uri? Revoke { get; init; }

    public required IReadOnlyList<string> Authentications { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    public bool TakesClientMetadata { get; init; }

    public bool NamesItself { get; init; }

    /// <param name="isAssumed">True: nobody named the issuer, so only its origin can be compared.</param>
    public static Result<AuthorizationServerMetadata> Read(JsonElement document, Uri issuer, bool isAssumed)
    {
        // RFC 8414 §3.3: the issuer must be identical to the one the document was asked for.
        string? named = ProtectedResource.Text(document, "issuer");
        bool isMeant = isAssumed
            ? Uri.TryCreate(named, UriKind.Absolute, out Uri? own)
                && own.GetLeftPart(UriPartial.Authority) == issuer.GetLeftPart(UriPartial.Authority)
            : named == issuer.OriginalString;
        if (named is null || !isMeant)
        {
            return Discovery.Failed("the authorization server's document names another issuer");
        }

        if (
            Endpoint(document, "authorization_endpoint") is not { } authorize
            || Endpoint(document, "token_endpoint") is not { } token
        )
        {
            return Discovery.Failed("the authorization server names no usable endpoints");
        }

        if (!ProtectedResource.Texts(document, "code_challenge_methods_supported").Contains("S256"))
        {
            return Discovery.Failed("the authorization server does not say that it does PKCE with S256");
        }

        return new AuthorizationServerMetadata
        {
            Issuer = named,
            Authorize = authorize,
            Token = token,
            Register = Endpoint(document, "registration_endpoint"),
            Revoke = Endpoint(document, "revocation_endpoint"),
            Authentications = ProtectedResource.Texts(document, "token_endpoint_auth_methods_supported"),
            Scopes = ProtectedResource.Texts(document, "scopes_supported"),
            TakesClientMetadata = IsTrue(document, "client_id_metadata_document_supported"),
            NamesItself = IsTrue(document, "authorization_response_iss_parameter_supported"),
        };
    }

    /// <param name="needed">Of the challenge; empty: what the resource has, else none.</param>
    public RemoteAuthorization For(ProtectedResource resource, IReadOnlyList<string> needed)
    {
        List<string> scopes = [.. needed.Count > 0 ? needed : resource.Scopes];
        if (Scopes.Contains(OfflineAccess) && !scopes.Contains(OfflineAccess))
        {
            scopes.Add(OfflineAccess); // else there is no refresh token
        }

        return new RemoteAuthorization
        {
            Resource = resource.Resource,
            Issuer = Issuer,
            AuthorizationEndpoint = Authorize,
            TokenEndpoint = Token,
            RegistrationEndpoint = Register,
            RevocationEndpoint = Revoke,
            NamesItself = NamesItself,
            TakesClientMetadata = TakesClientMetadata,
            ClientAuthentication = Authentication(),
            Scopes = scopes,
        };
    }

    /// <summary>RFC 8414 §2: where nothing is said, client_secret_basic.</summary>
    private string Authentication() =>
        TakesClientMetadata && (Authentications.Count == 0 || Authentications.Contains("none")) ? "none"
        : Authentications.Count == 0 || Authentications.Contains("client_secret_basic") ? "secret_basic"
        : Authentications.Contains("client_secret_post") ? "secret_post"
        : "none";

    private static Uri? Endpoint(JsonElement document, string name) =>
        Uri.TryCreate(ProtectedResource.Text(document, name), UriKind.Absolute, out Uri? uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        && uri is { Query: "", Fragment: "", UserInfo: "" }
            ? uri
            : null;

    private static bool IsTrue(JsonElement document, string name) =>
        document.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;
}
