using System.Net;
using System.Text.Json;

namespace Behalf.Client.Internal;

/// <summary>The client-credentials grant (RFC 6749 §4.4) at <c>/oauth/token</c>.</summary>
internal sealed class TokenEndpoint(HttpClient http, string clientId, SecretText clientSecret, TimeProvider clock)
{
    private const long LongestAnswer = 64 * 1024;

    public async Task<AccessToken> FetchAsync(CancellationToken cancellationToken)
    {
        using var form = new FormUrlEncodedContent([
            new("grant_type", "client_credentials"),
            new("client_id", clientId),
            new("client_secret", clientSecret.Reveal()),
        ]);
        try
        {
            using var response = await http.PostAsync("/oauth/token", form, cancellationToken).ConfigureAwait(false);
            await response.Content.LoadIntoBufferAsync(LongestAnswer, cancellationToken).ConfigureAwait(false);
            var body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? Read(body) : throw Refused(response.StatusCode, body);
        }
        catch (HttpRequestException exception)
        {
            throw Errors.Unreachable(http.BaseAddress!, exception);
        }
        catch (JsonException exception)
        {
            throw new BehalfException(
                "unexpected_answer",
                $"{http.BaseAddress} does not answer /oauth/token like a Behalf server.",
                exception
            );
        }
    }

    private AccessToken Read(string body)
    {
        using var answer = JsonDocument.Parse(body);
        var root = answer.RootElement;
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("access_token", out var token)
            || token.GetString() is not { Length: > 0 } value
        )
        {
            throw new JsonException("access_token is missing");
        }
        var seconds =
            root.TryGetProperty("expires_in", out var expires) && expires.TryGetDouble(out var number) ? number : 60;
        return new AccessToken(value, clock.GetUtcNow() + TimeSpan.FromSeconds(Math.Clamp(seconds, 1, 86_400)));
    }

    private static BehalfException Refused(HttpStatusCode status, string body)
    {
        string? error = null;
        string? description = null;
        try
        {
            using var answer = JsonDocument.Parse(body);
            if (answer.RootElement.ValueKind == JsonValueKind.Object)
            {
                error = Text(answer.RootElement, "error");
                description = Text(answer.RootElement, "error_description");
            }
        }
        catch (JsonException)
        {
            error = null; // a proxy's page, not the server's answer: the status has to do
        }
        return new BehalfException(
            error ?? "token_refused",
            description ?? $"The server refused the client credentials (HTTP {(int)status})."
        )
        {
            Kind = status switch
            {
                HttpStatusCode.TooManyRequests => BehalfErrorKind.RateLimited,
                >= HttpStatusCode.InternalServerError => BehalfErrorKind.Unavailable,
                _ => BehalfErrorKind.Unauthenticated,
            },
        };
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
