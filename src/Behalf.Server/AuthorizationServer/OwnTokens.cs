using System.Buffers.Text;
using System.Security.Claims;
using System.Text.Json;
using Behalf.Grants;
using Behalf.Identity;
using Behalf.Vault;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Behalf.Server.AuthorizationServer;

/// <summary>
/// Every token the engine makes or reads: codes and refresh tokens are rows of Grants, access tokens are signed by Identity,
/// pushed requests are sealed by the ring, so that any node opens them.
/// </summary>
internal sealed class OwnTokens(IGrants grants, IIdentity identity, IVault vault, PublicUrls urls)
    : IOpenIddictServerHandler<ValidateTokenContext>,
        IOpenIddictServerHandler<GenerateTokenContext>
{
    private const string Refresh = "ort_";
    private const int MaxLength = 16 * 1024;

    public static OpenIddictServerHandlerDescriptor Reading { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<ValidateTokenContext>()
            .UseSingletonHandler<OwnTokens>()
            .SetOrder(OpenIddictServerHandlers.Protection.ResolveTokenValidationParameters.Descriptor.Order + 1)
            .SetType(OpenIddictServerHandlerType.Custom)
            .Build();

    public static OpenIddictServerHandlerDescriptor Making { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<GenerateTokenContext>()
            .UseSingletonHandler<OwnTokens>()
            .SetOrder(OpenIddictServerHandlers.Protection.AttachSecurityCredentials.Descriptor.Order + 1)
            .SetType(OpenIddictServerHandlerType.Custom)
            .Build();

    public async ValueTask HandleAsync(ValidateTokenContext context)
    {
        if (context.Token is not { Length: > 0 and <= MaxLength } token)
        {
            return;
        }

        ProtocolContext protocol = ProtocolContext.Of(Http.Of(context.Transaction));
        CancellationToken aborted = Http.Of(context.Transaction).RequestAborted;
        if (Expects(context, TokenTypeIdentifiers.Private.RequestToken))
        {
            context.Principal = OpenPushed(token, protocol.Environment.Id);
        }
        else if (Expects(context, TokenTypeIdentifiers.Private.AuthorizationCode))
        {
            protocol.Grant = Within(protocol, await grants.FindByCodeAsync(token, aborted));
            context.Principal = PrincipalOf(protocol.Grant, TokenTypeIdentifiers.Private.AuthorizationCode);
        }
        else if (token.StartsWith(Refresh, StringComparison.Ordinal))
        {
            protocol.Grant = Within(protocol, await grants.FindByRefreshAsync(token, aborted));
            context.Principal = PrincipalOf(protocol.Grant, TokenTypeIdentifiers.RefreshToken);
        }
        else if (context.ValidTokenTypes.Contains(TokenTypeIdentifiers.AccessToken))
        {
            Result<GrantCaller> caller = await identity.AuthenticateGrantAsync(token, urls.PersonalServer, aborted);
            protocol.Grant = caller.Succeeded
                ? Within(protocol, await grants.FindLiveAsync(protocol.Environment.Id, caller.Value.Grant, aborted))
                : null;
            context.Principal = PrincipalOf(protocol.Grant, TokenTypeIdentifiers.AccessToken);
        }

        if (context.Principal is null)
        {
            context.Reject(Errors.InvalidToken, "The token is not known, was used before, or has ended.");
        }
    }

    public async ValueTask HandleAsync(GenerateTokenContext context)
    {
        HttpContext http = Http.Of(context.Transaction);
        ProtocolContext protocol = ProtocolContext.Of(http);
        context.Token = context.TokenType switch
        {
            TokenTypeIdentifiers.Private.AuthorizationCode => await BeginAsync(protocol, context, http.RequestAborted),
            TokenTypeIdentifiers.AccessToken => protocol.Tokens?.Access.AccessToken.RevealText(),
            TokenTypeIdentifiers.RefreshToken => protocol.Tokens?.Refresh?.RevealText(),
            TokenTypeIdentifiers.Private.RequestToken => SealPushed(context.Principal, protocol.Environment.Id),
            _ => null,
        };
        if (context.Token is null && !context.IsRejected)
        {
            throw new InvalidOperationException(
                $"The engine asks for a {context.TokenType}, which nothing was granted for."
            );
        }
    }

    private async Task<string?> BeginAsync(
        ProtocolContext protocol,
        GenerateTokenContext context,
        CancellationToken cancellationToken
    )
    {
        OpenIddictRequest request = context.Transaction.Request!;
        Allowed allowed =
            protocol.Allowed ?? throw new InvalidOperationException("A code was asked for that nobody allowed.");
        Result<Secret> begun = await grants.BeginAsync(
            new NewGrant
            {
                User = allowed.User,
                Client = protocol.Client!,
                Resource = allowed.Resource,
                Scopes = allowed.Scopes,
                RedirectUri = request.RedirectUri,
                CodeChallenge = request.CodeChallenge!,
                PushedRequest = allowed.PushedRequest,
            },
            cancellationToken
        );
        if (!begun.Succeeded)
        {
            context.Reject(begun.Problem.Code, begun.Problem.Message);
            return null;
        }

        using Secret code = begun.Value;
        return code.RevealText();
    }

    /// <summary>The engine compares what stands here with what the token request says.</summary>
    private static ClaimsPrincipal? PrincipalOf(Grant? grant, string type)
    {
        if (grant is null)
        {
            return null;
        }

        ClaimsPrincipal principal = new(new ClaimsIdentity("behalf"));
        principal.SetClaim(Claims.Subject, grant.Identifier.Value);
        principal.SetTokenType(type);
        principal.SetPresenters(grant.ClientId);
        principal.SetScopes(grant.Scopes.Values);
        principal.SetResources(grant.Resource);
        principal.SetClaim(Claims.Private.RedirectUri, grant.RedirectUri);
        principal.SetClaim(Claims.Private.CodeChallenge, grant.CodeChallenge);
        principal.SetClaim(Claims.Private.CodeChallengeMethod, CodeChallengeMethods.Sha256);
        return principal;
    }

    private static Grant? Within(ProtocolContext protocol, Grant? grant) =>
        grant?.Environment == protocol.Environment.Id ? grant : null;

    private string SealPushed(ClaimsPrincipal principal, EnvironmentId environment)
    {
        string[][] claims = [.. principal.Claims.Select(claim => new[] { claim.Type, claim.Value, claim.ValueType })];
        using Secret text = Secret.Own(JsonSerializer.SerializeToUtf8Bytes(claims));
        return Base64Url.EncodeToString(vault.Seal(PlaceOf(environment), text));
    }

    private ClaimsPrincipal? OpenPushed(string token, EnvironmentId environment)
    {
        // One spelling only: what a pushed request was used for is remembered by the text.
        if (
            !Base64Url.IsValid(token)
            || Base64Url.DecodeFromChars(token) is not { } bytes
            || !string.Equals(Base64Url.EncodeToString(bytes), token, StringComparison.Ordinal)
        )
        {
            return null;
        }

        try
        {
            using Secret text = vault.Open(PlaceOf(environment), bytes);
            string[][] claims = JsonSerializer.Deserialize<string[][]>(text.Reveal()) ?? [];
            ClaimsPrincipal principal = new(
                new ClaimsIdentity(claims.Select(claim => new Claim(claim[0], claim[1], claim[2])), "behalf")
            );
            principal.SetTokenType(TokenTypeIdentifiers.Private.RequestToken);
            return principal;
        }
        catch (SealBrokenException)
        {
            return null; // made up, of another environment, or sealed by a key that is gone
        }
    }

    private static SealPlace PlaceOf(EnvironmentId environment) =>
        new(environment, null, environment.Value, "pushed_request");

    private static bool Expects(ValidateTokenContext context, string type) =>
        context.ValidTokenTypes.Count == 1 && context.ValidTokenTypes.Contains(type);
}
