using System.Globalization;
using System.Text.Json;
using Behalf.Connectors;
using Behalf.Egress;

namespace Behalf.Authorization;

/// <summary>Reads token endpoint answers strictly: whatever is not clearly a token answer gives no tokens.</summary>
internal static class TokenAnswerReader
{
    /// <value>In characters; longer tokens are refused.</value>
    public const int MaxTokenLength = 16 * 1024;

    private static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(3660);
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(1);

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    public static TokenAnswer Read(EgressOutcome.Answered answer, OAuthProfile profile, DateTimeOffset now)
    {
        if (answer.Status is 429 or >= 500)
        {
            // RFC 6585 §4, RFC 9110 §15.6.4: limited or not able to handle it. Every other 5xx may come from behind the work.
            return new TokenAnswer.Later(
                $"the provider answered {answer.Status}",
                RetryAfter(answer, now),
                MayBeCarriedOut: answer.Status is not (429 or 503)
            );
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(
                profile.Tokens.FormAnswer && FormAnswer.IsForm(answer) ? FormAnswer.ToJson(answer.Body) : answer.Body,
                Strict
            );
        }
        catch (JsonException)
        {
            return new TokenAnswer.Unknown($"the provider answered {answer.Status} with something that is not JSON");
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return new TokenAnswer.Unknown($"the provider answered {answer.Status} without a JSON object");
            }

            // Some providers answer errors with status 200; an object with an error is never a grant.
            if (Text(document.RootElement, "error") is { } error)
            {
                return new TokenAnswer.Refused(Meaning(InertText.ErrorCode(error), profile.Tokens));
            }

            return answer.Status == 200
                ? ReadGrant(document.RootElement, profile)
                : new TokenAnswer.Unknown($"the provider answered {answer.Status} without an error code");
        }
    }

    /// <summary>A provider's own code in the words of RFC 6749 §5.2, where the profile knows it.</summary>
    private static string Meaning(string error, TokenHabits habits) =>
        habits.GrantErrors.Contains(error, StringComparer.Ordinal) ? "invalid_grant"
        : habits.ClientErrors.Contains(error, StringComparer.Ordinal) ? "invalid_client"
        : error;

    private static TokenAnswer ReadGrant(JsonElement answer, OAuthProfile profile)
    {
        JsonElement root =
            profile.Tokens.Object is { } name
            && answer.TryGetProperty(name, out JsonElement inner)
            && inner.ValueKind == JsonValueKind.Object
            && inner.TryGetProperty("access_token", out _)
                ? inner
                : answer;
        if (Text(root, "access_token") is not { } access || !IsToken(access))
        {
            return new TokenAnswer.Unknown("the token answer has no usable access_token");
        }

        // RFC 6749 §7.1: a client must not use a token whose type it does not understand.
        if (!profile.Tokens.Types.Contains(Text(root, "token_type"), StringComparer.OrdinalIgnoreCase))
        {
            return new TokenAnswer.Unknown(
                $"the token answer's token_type is not {string.Join(" or ", profile.Tokens.Types)}"
            );
        }

        bool isStated = TryLifetime(root, "expires_in", out TimeSpan? lifetime);
        isStated &= TryLifetime(root, "refresh_token_expires_in", out TimeSpan? refreshLifetime);
        string? refresh = Text(root, "refresh_token") is { Length: > 0 } text ? text : null;
        if (refresh is not null && !IsToken(refresh))
        {
            return new TokenAnswer.Unknown("the token answer's refresh_token is not usable");
        }

        return new TokenAnswer.Granted(
            new TokenSet
            {
                AccessToken = Secret.FromText(access),
                RefreshToken = refresh is null ? null : Secret.FromText(refresh),
                AccessLifetime = lifetime,
                RefreshLifetime = refreshLifetime,
                HasOddLifetime = !isStated,
                Scopes = Text(root, "scope") is { Length: > 0 } scope ? ReadScopes(scope, profile) : null,
                UserId = JsonPath.Text(answer, profile.IdentityIdPath),
                UserName = InertText.Description(JsonPath.Text(answer, profile.IdentityNamePath)),
                Kept = Kept(answer, profile.Tokens),
            }
        );
    }

    private static Dictionary<string, string> Kept(JsonElement answer, TokenHabits habits) =>
        habits
            .Keep.Select(fact => (fact.Key, Value: JsonPath.Text(answer, fact.Value)))
            .Where(fact => fact.Value is not null)
            .ToDictionary(fact => fact.Key, fact => fact.Value!, StringComparer.Ordinal);

    public static ScopeSet ReadScopes(string scope, OAuthProfile profile) =>
        ScopeSet.Parse(
            scope,
            (profile.Tokens.ScopeSeparator ?? profile.ScopeSeparator) is { Length: 1 } mark ? mark[0] : ' ',
            ' '
        );

    public static bool IsToken(string value) =>
        value.Length is > 0 and <= MaxTokenLength && value.All(c => c is > ' ' and < '\x7f');

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>Seconds, as a number or (as some providers send it) its decimal text; absent or null is no statement.</summary>
    /// <returns>False: something else is stated, and no lifetime is told.</returns>
    private static bool TryLifetime(JsonElement root, string name, out TimeSpan? lifetime)
    {
        lifetime = null;
        if (!root.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        double seconds;
        switch (value.ValueKind)
        {
            case JsonValueKind.Number when value.TryGetDouble(out seconds):
            case JsonValueKind.String
                when double.TryParse(
                    value.GetString(),
                    NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture,
                    out seconds
                ):
                break;
            default:
                return false;
        }

        if (!(seconds >= 0 && seconds <= MaxLifetime.TotalSeconds))
        {
            return false;
        }

        lifetime = TimeSpan.FromSeconds(Math.Floor(seconds));
        return true;
    }

    private static TimeSpan? RetryAfter(EgressOutcome.Answered answer, DateTimeOffset now)
    {
        string? value = answer
            .Headers.FirstOrDefault(h => string.Equals(h.Key, "Retry-After", StringComparison.OrdinalIgnoreCase))
            .Value;
        TimeSpan? wait =
            int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
                ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, out DateTimeOffset at) ? at - now
            : null;
        return wait is { } w && w > TimeSpan.Zero ? (w < MaxRetryAfter ? w : MaxRetryAfter) : null;
    }
}
