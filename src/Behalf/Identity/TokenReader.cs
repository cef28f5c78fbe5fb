using Microsoft.IdentityModel.JsonWebTokens;

namespace Behalf.Identity;

/// <summary>Reads an access token of the API: its issuer is its audience. Safe to call concurrently.</summary>
internal sealed class TokenReader(SignedTokens tokens, Issuers issuers, IEnvironmentStore environments)
{
    /// <returns>Null for every token that is not entirely right; callers tell no reason apart.</returns>
    public async Task<TokenContent?> ReadAsync(ReadOnlyMemory<char> text, CancellationToken cancellationToken)
    {
        // What an unverified token says only chooses what it must then prove.
        return
            tokens.Open(text.Span, TokenClaims.Type, ReadContent) is { } token
            && await IssuerAsync(token.Content, cancellationToken) is { } issuer
            && await tokens.HoldsAsync(token, issuer, issuer)
            ? token.Content
            : null;
    }

    private async Task<string?> IssuerAsync(TokenContent content, CancellationToken cancellationToken)
    {
        if (content.Environment is not { } id)
        {
            return issuers.Installation;
        }

        return await environments.FindAsync(id, cancellationToken) is { } environment ? issuers.Of(environment) : null;
    }

    private static TokenContent? ReadContent(JsonWebToken token)
    {
        if (
            !token.TryGetPayloadValue(TokenClaims.Kind, out string? kind)
            || !token.TryGetPayloadValue(TokenClaims.ClientId, out string? clientId)
            || !token.TryGetPayloadValue(TokenClaims.ClientEpoch, out long clientEpoch)
            || kind is null
            || clientId is null
        )
        {
            return null;
        }

        if (kind == TokenClaims.OperatorKind)
        {
            return new TokenContent
            {
                Kind = PrincipalKind.Operator,
                Environment = null,
                ClientId = clientId,
                ClientEpoch = clientEpoch,
            };
        }

        if (
            !token.TryGetPayloadValue(TokenClaims.Environment, out string? environmentText)
            || !EntityId.TryParse(environmentText, out EnvironmentId environment)
        )
        {
            return null;
        }

        return kind switch
        {
            TokenClaims.ServiceKind => new TokenContent
            {
                Kind = PrincipalKind.ServiceClient,
                Environment = environment,
                ClientId = clientId,
                ClientEpoch = clientEpoch,
            },
            TokenClaims.SessionKind
                when token.TryGetPayloadValue(TokenClaims.Session, out string? sessionText)
                    && EntityId.TryParse(sessionText, out UserSessionId session)
                    && token.TryGetPayloadValue(TokenClaims.Incarnation, out long incarnation)
                    && token.TryGetPayloadValue(TokenClaims.UserEpoch, out long epoch) => new TokenContent
            {
                Kind = PrincipalKind.UserSession,
                Environment = environment,
                ClientId = clientId,
                ClientEpoch = clientEpoch,
                Session = session,
                Identifier = token.Subject,
                UserEpoch = new UserEpoch(incarnation, epoch),
            },
            _ => null,
        };
    }
}
