using System.Net.Http.Json;
using System.Text;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Egress;
using Behalf.Vault;

namespace Behalf.Authorization;

/// <summary>
/// Authenticated requests to a connection's OAuth server (RFC 6749 §2.3, §3.2), one request each, never repeated here.
/// The client secret is opened for the moment of the request.
/// </summary>
internal sealed class TokenEndpoint(IEgress egress, IVault vault, TimeProvider time)
{
    private const int MaxAnswerBytes = 64 * 1024;

    /// <param name="form">The grant's own parameters.</param>
    /// <param name="scrub">Values of the form that the answer must not carry; never a refresh token, which it may.</param>
    /// <param name="own">The client that asks, where it is not the connection's.</param>
    public async Task<TokenAnswer> RequestTokensAsync(
        Connection connection,
        OAuthProfile profile,
        IReadOnlyList<KeyValuePair<string, string>> form,
        IReadOnlyList<Secret> scrub,
        TimeSpan timeout,
        CancellationToken cancellationToken,
        OwnClient? own = null
    )
    {
        EgressOutcome outcome = await SendAsync(
            connection,
            profile,
            new Sending(OAuthEndpoints.Token(connection, profile))
            {
                Form = [.. form, .. profile.Tokens.Parameters],
                Scrub = scrub,
                Headers = profile.Tokens.Headers,
                IsJson = profile.Tokens.JsonRequest,
                Own = own,
            },
            timeout,
            cancellationToken
        );
        return outcome switch
        {
            EgressOutcome.Answered answered => TokenAnswerReader.Read(answered, profile, time.GetUtcNow()),
            EgressOutcome.Failed { MayHaveBeenSent: false } failed => new TokenAnswer.Later(failed.Description, null),
            EgressOutcome.Failed failed => new TokenAnswer.Unknown(failed.Description),
            _ => throw new InvalidOperationException($"Unknown egress outcome {outcome.GetType().Name}."),
        };
    }

    /// <summary>A form post beside the token endpoint, such as introspection.</summary>
    public Task<EgressOutcome> PostAsync(
        Uri uri,
        Connection connection,
        OAuthProfile profile,
        IReadOnlyList<KeyValuePair<string, string>> form,
        IReadOnlyList<Secret> scrub,
        TimeSpan timeout,
        CancellationToken cancellationToken
    ) => SendAsync(connection, profile, new Sending(uri) { Form = form, Scrub = scrub }, timeout, cancellationToken);

    /// <summary>Gives a token back as the profile says (RFC 7009, or the provider's own way).</summary>
    /// <param name="hint"><c>token_type_hint</c>, where the provider goes by RFC 7009; null: none is sent.</param>
    public async Task<EgressOutcome> RevokeAsync(
        Connection connection,
        OAuthProfile profile,
        Secret token,
        string? hint,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        RevocationHabits habits = profile.Revocation;
        List<KeyValuePair<string, string>> form = habits.Parameter is { } parameter
            ? [new(parameter, token.RevealText())]
            : [];
        if (habits == RevocationHabits.Standard && hint is not null)
        {
            form.Add(new("token_type_hint", hint));
        }

        return await SendAsync(
            connection,
            profile,
            new Sending(OAuthEndpoints.Revoke(connection, profile)!)
            {
                Method = habits.Method,
                Form = form,
                Scrub = [token],
                IsJson = habits.JsonRequest,
                Credential = habits.Credential,
                Bearer = token,
            },
            timeout,
            cancellationToken
        );
    }

    /// <summary>What is sent, before the client is added.</summary>
    private sealed record Sending(Uri Uri)
    {
        public HttpMethod Method { get; init; } = HttpMethod.Post;

        public IReadOnlyList<KeyValuePair<string, string>> Form { get; init; } = [];

        public IReadOnlyList<Secret> Scrub { get; init; } = [];

        public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

        public bool IsJson { get; init; }

        public RevocationCredential Credential { get; init; } = RevocationCredential.Client;

        public Secret? Bearer { get; init; }

        public OwnClient? Own { get; init; }
    }

    private async Task<EgressOutcome> SendAsync(
        Connection connection,
        OAuthProfile profile,
        Sending sending,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        using Secret? opened =
            sending.Own is null && connection.ClientSecretSealed is { } value
                ? vault.Open(connection.ClientSecretPlace, value)
                : null;
        Secret? secret = sending.Own?.Secret ?? opened;
        string clientId =
            sending.Own?.Id
            ?? connection.ClientId
            ?? throw new InvalidOperationException($"Connection {connection.Id} has no OAuth client.");
        List<KeyValuePair<string, string>> fields = [.. sending.Form];
        List<Secret> hidden = [.. sending.Scrub];
        if (secret is not null)
        {
            hidden.Add(secret);
        }

        bool isBasic =
            profile.ClientAuthentication == ClientAuthentication.SecretBasic
            || sending.Credential == RevocationCredential.ClientBasic;
        EgressCredential? credential = null;
        if (sending is { Credential: RevocationCredential.Token, Bearer: { } bearer })
        {
            credential = new EgressCredential("Authorization", "Bearer ", Secret.FromText(bearer.RevealText()));
        }
        else if (isBasic && secret is not null)
        {
            credential = Basic(clientId, secret);
        }
        else
        {
            fields.Add(new("client_id", clientId));
            if (profile.ClientAuthentication == ClientAuthentication.SecretPost && secret is not null)
            {
                fields.Add(new("client_secret", secret.RevealText()));
            }
        }

        using Secret? attached = credential?.Value;
        using HttpContent content = ContentOf(fields, sending.IsJson);
        return await egress.SendAsync(
            new EgressRequest
            {
                Method = sending.Method,
                Uri = sending.Uri,
                Origin = new Uri(sending.Uri.GetLeftPart(UriPartial.Authority)),
                Headers = [new("Accept", "application/json"), .. sending.Headers],
                Content = content,
                Credential = credential,
                Scrub = hidden,
                Timeout = timeout,
                MaxResponseBytes = MaxAnswerBytes,
            },
            cancellationToken
        );
    }

    private static HttpContent ContentOf(List<KeyValuePair<string, string>> fields, bool isJson) =>
        isJson
            ? JsonContent.Create(fields.ToDictionary(field => field.Key, field => field.Value, StringComparer.Ordinal))
            : new FormUrlEncodedContent(fields);

    /// <summary>RFC 6749 §2.3.1: both parts form-encoded before they are joined.</summary>
    private static EgressCredential Basic(string clientId, Secret secret)
    {
        string pair = $"{Uri.EscapeDataString(clientId)}:{Uri.EscapeDataString(secret.RevealText())}";
        return new EgressCredential(
            "Authorization",
            "Basic ",
            Secret.FromText(Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)))
        );
    }
}
