using Behalf.Connections;
using Behalf.Connectors;

namespace Behalf.Authorization;

/// <summary>Access tokens for OAuth clients that are users' own (RFC 6749 §4.4): the pair stands where a refresh token does.</summary>
internal sealed class OwnClients(TokenEndpoint endpoint)
{
    /// <param name="pair"><c>id:secret</c>; stays the caller's.</param>
    public async Task<TokenAnswer> AskAsync(
        Connection connection,
        OAuthProfile profile,
        ScopeSet scopes,
        Secret pair,
        TimeSpan timeout
    )
    {
        using OwnClient own = OwnClient.Of(pair);
        List<KeyValuePair<string, string>> form = [new("grant_type", "client_credentials")];
        if (scopes.Count > 0)
        {
            form.Add(new(profile.ScopeParameter, string.Join(profile.ScopeSeparator, scopes.Values)));
        }

        TokenAnswer answer = await endpoint.RequestTokensAsync(
            connection,
            profile,
            form,
            [],
            timeout,
            CancellationToken.None,
            own
        );
        return answer switch
        {
            TokenAnswer.Granted { Tokens: var tokens } => Kept(tokens, pair),
            // The client is what the user granted: refused, the user has to give another.
            TokenAnswer.Refused { IsAboutTheClient: true } => new TokenAnswer.Refused("invalid_grant"),
            _ => answer,
        };
    }

    private static TokenAnswer.Granted Kept(TokenSet tokens, Secret pair)
    {
        tokens.RefreshToken?.Dispose();
        return new TokenAnswer.Granted(
            tokens with
            {
                RefreshToken = Secret.FromText(pair.RevealText()),
                RefreshLifetime = null,
            }
        );
    }
}
