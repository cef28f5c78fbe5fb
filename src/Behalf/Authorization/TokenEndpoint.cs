using System.Text;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Egress;
using Behalf.Vault;

namespace Behalf.Authorization;

/// <summary>
/// Authenticated form posts to a connection's OAuth server (RFC 6749 §2.3, §3.2), one request each, never repeated here.
/// The client secret is opened for the moment of the request.
/// </summary>
internal sealed class TokenEndpoint(IEgress egress, IVault vault, TimeProvider time)
{
    private const int MaxAnswerBytes = 64 * 1024;

    /// <param name="form">The grant's own parameters.</param>
    /// <param name="scrub">Values of the form that the answer must not carry; never a refresh token, which it may.</param>
    public async Task<TokenAnswer> RequestTokensAsync(
        Connection connection,
        OAuthProfile profile,
        IReadOnlyList<KeyValuePair<string, string>> form,
        IReadOnlyList<Secret> scrub,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        Uri uri = OAuthEndpoints.Token(connection, profile);
        EgressOutcome outcome = await PostAsync(uri, connection, profile, form, scrub, timeout, cancellationToken);
        return outcome switch
        {
            EgressOutcome.Answered answered => TokenAnswerReader.Read(answered, profile, time.GetUtcNow()),
            EgressOutcome.Failed { MayHaveBeenSent: false } failed => new TokenAnswer.Later(failed.Description, null),
            EgressOutcome.Failed failed => new TokenAnswer.Unknown(failed.Description),
            _ => throw new InvalidOperationException($"Unknown egress outcome {outcome.GetType().Name}."),
        };
    }

    public async Task<EgressOutcome> PostAsync(
        Uri uri,
        Connection connection,
        OAuthProfile profile,
        IReadOnlyList<KeyValuePair<string, string>> form,
        IReadOnlyList<Secret> scrub,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        using Secret? secret = connection.ClientSecretSealed is { } value
            ? vault.Open(connection.ClientSecretPlace, value)
            : null;
        string clientId =
            connection.ClientId
            ?? throw new InvalidOperationException($"Connection {connection.Id} has no OAuth client.");
        List<KeyValuePair<string, string>> fields = [.. form];
        List<Secret> hidden = [.. scrub];
        if (secret is not null)
        {
            hidden.Add(secret);
        }

        EgressCredential? credential = null;
        if (profile.ClientAuthentication == ClientAuthentication.SecretBasic && secret is not null)
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

        using Secret? basic = credential?.Value;
        using var content = new FormUrlEncodedContent(fields);
        return await egress.SendAsync(
            new EgressRequest
            {
                Method = HttpMethod.Post,
                Uri = uri,
                Origin = new Uri(uri.GetLeftPart(UriPartial.Authority)),
                Headers = [new("Accept", "application/json")],
                Content = content,
                Credential = credential,
                Scrub = hidden,
                Timeout = timeout,
                MaxResponseBytes = MaxAnswerBytes,
            },
            cancellationToken
        );
    }

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
