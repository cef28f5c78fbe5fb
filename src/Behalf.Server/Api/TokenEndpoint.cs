using System.Text;
using System.Text.Json;
using Behalf.Identity;
using Behalf.Server.Doors;
using Microsoft.Extensions.Primitives;

namespace Behalf.Server.Api;

/// <summary>
/// <c>POST /oauth/token</c>: the client-credentials grant (RFC 6749 §4.4) with <c>client_secret_post</c> or
/// <c>client_secret_basic</c>, exactly one of them.
/// </summary>
internal static class TokenEndpoint
{
    private static readonly Problem OneCredential = Problem.Invalid(
        "invalid_request",
        "Send the client id and secret once: in the form or as HTTP Basic, not both."
    );

    public static void MapTokenEndpoint(this IEndpointRouteBuilder app) =>
        app.MapPost("/oauth/token", HandleAsync).WithDisplayName("token endpoint");

    [OpenToAll("The request carries its own client credential.")]
    private static async Task<IResult> HandleAsync(HttpContext http, IIdentity identity)
    {
        if (
            !http.Request.HasFormContentType
            || http.Request.ContentType!.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase)
        )
        {
            return OAuthError.From(
                Problem.Invalid("invalid_request", "The body must be application/x-www-form-urlencoded.")
            );
        }

        IFormCollection form = await http.Request.ReadFormAsync(http.RequestAborted);
        // RFC 6749 §3.2: parameters must not be repeated.
        if (form.Any(parameter => parameter.Value.Count > 1))
        {
            return OAuthError.From(Problem.Invalid("invalid_request", "A parameter is repeated."));
        }

        if (form["grant_type"] != "client_credentials")
        {
            return OAuthError.From(
                Problem.Invalid("unsupported_grant_type", "The only grant type here is client_credentials.")
            );
        }

        // A bearer token is no client authentication: the Python SDK sends its old one along when it asks for a new one.
        StringValues authorization = http
            .Request.Headers.Authorization.Where(value =>
                value?.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) == false
            )
            .ToArray();
        Result<(string Id, string Secret)> credential = Read(authorization, form);
        if (!credential.Succeeded)
        {
            return OAuthError.From(credential.Problem);
        }

        string source = RequestSource.Of(http);
        (string id, string secret) = credential.Value;
        Result<IssuedToken> token = await identity.IssueTokenAsync(id, secret, source, http.RequestAborted);
        return token.Succeeded ? new Issued(token.Value) : OAuthError.From(token.Problem);
    }

    private static Result<(string Id, string Secret)> Read(StringValues authorization, IFormCollection form)
    {
        bool inForm = form.ContainsKey("client_secret") || (authorization.Count == 0 && form.ContainsKey("client_id"));
        if (authorization.Count == 0)
        {
            return inForm && form["client_id"].ToString() is { Length: > 0 } id
                ? (id, form["client_secret"].ToString())
                : Problem.Invalid("invalid_request", "client_id and client_secret are missing.");
        }

        if (inForm || authorization.Count > 1 || ReadBasic(authorization.ToString()) is not { } basic)
        {
            return OneCredential;
        }

        // RFC 6749 §3.2.1: a client_id beside Basic must be the same.
        return form.TryGetValue("client_id", out StringValues named) && named.ToString() != basic.Id
            ? OneCredential
            : basic;
    }

    private static (string Id, string Secret)? ReadBasic(string header)
    {
        const string Scheme = "Basic ";
        Span<byte> bytes = stackalloc byte[1024];
        if (
            !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            || !Convert.TryFromBase64String(header[Scheme.Length..].Trim(), bytes, out int length)
        )
        {
            return null;
        }

        string[] parts = Encoding.UTF8.GetString(bytes[..length]).Split(':', 2);
        // RFC 6749 §2.3.1: both parts are form-encoded first.
        return parts.Length == 2 ? (Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts[1])) : null;
    }

    /// <summary>RFC 6749 §5.1.</summary>
    private sealed class Issued(IssuedToken token) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            using Secret accessToken = token.AccessToken;
            HttpResponse response = httpContext.Response;
            response.ContentType = "application/json";
            response.Headers.CacheControl = "no-store";
            response.Headers.Pragma = "no-cache";
            using MemoryStream buffer = new();
            await using (Utf8JsonWriter writer = new(buffer))
            {
                writer.WriteStartObject();
                writer.WriteString("access_token", accessToken.Reveal());
                writer.WriteString("token_type", "Bearer");
                writer.WriteNumber("expires_in", (long)token.Lifetime.TotalSeconds);
                writer.WriteEndObject();
            }

            await response.Body.WriteAsync(buffer.ToArray(), httpContext.RequestAborted);
        }
    }
}
