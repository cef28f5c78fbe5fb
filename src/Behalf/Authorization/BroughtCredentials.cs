using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Vault;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>Checks a credential that an application brings: of the kind that the connector takes, well formed, and whose.</summary>
internal sealed class BroughtCredentials(
    ProviderIdentity identity,
    Introspection introspection,
    IVault vault,
    IOptions<BehalfOptions> options,
    SharedClock clock,
    TimeProvider time
)
{
    private const string Details = "connected_account.authorization_details";
    private const string FromImport = "import";
    private const string FromIntrospection = "introspection";
    private const string FromConnection = "connection";

    public async Task<Result<BroughtGrant>> ReadAsync(
        FlowContext context,
        BroughtCredential credential,
        CancellationToken cancellationToken
    ) =>
        credential switch
        {
            BroughtCredential.Tokens when !context.Profile.IsUsed => OtherType("oauth_token", context.Auth),
            BroughtCredential.Typed when context.Profile.IsUsed => OtherType("static_auth", context.Auth),
            BroughtCredential.Typed typed => ReadTyped(context, typed),
            BroughtCredential.Tokens tokens => Check(context, tokens)
                ?? await ReadTokensAsync(context, tokens, cancellationToken),
            _ => throw new InvalidOperationException($"Unknown credential {credential.GetType().Name}."),
        };

    private static Problem OtherType(string given, AuthProfile auth) =>
        Problem.Invalid(
            $"{Details}.{given}",
            "auth_type",
            auth.Kind switch
            {
                CredentialKind.OAuth =>
                    "is not what this connector takes, which is OAuth: send oauth_token, or leave it out and send the user to an authorization link",
                CredentialKind.None => "is not what this connector takes, which is static_auth with empty details",
                _ =>
                    $"is not what this connector takes, which is static_auth with {string.Join(" and ", auth.Fields.Select(field => field.Name))}",
            }
        );

    private Result<BroughtGrant> ReadTyped(FlowContext context, BroughtCredential.Typed typed) =>
        TypedCredential
            .Of(
                context.Auth,
                $"{Details}.static_auth.details",
                typed.Fields.ToDictionary(field => field.Key, field => field.Value.RevealText(), StringComparer.Ordinal)
            )
            .To(secret => new BroughtGrant
            {
                Asked = clock.UtcNow,
                Tokens = new TokenSet { AccessToken = secret, Scopes = ScopeSet.Empty },
                ScopeSource = FromImport,
                Detail = "the application brought what its user would have typed in",
            });

    private static Problem? Check(FlowContext context, BroughtCredential.Tokens tokens)
    {
        var faults = new List<FieldViolation>();
        CheckToken(faults, "access_token", tokens.AccessToken);
        CheckToken(faults, "refresh_token", tokens.RefreshToken);
        if (tokens.Scopes is { } scopes && !ScopeSyntax.AreScopes(scopes))
        {
            faults.Add(new(Field("scopes"), ScopeSyntax.Rule, "pattern"));
        }

        if (faults.Count > 0)
        {
            return Problem.Invalid(faults);
        }

        return tokens.RefreshToken is not null && context.Connection.ClientId is null
            ? new Problem(
                ProblemKind.FailedPrecondition,
                "connection_without_client",
                $"Connection {context.Connection.Name} has no OAuth client yet, so a refresh token is of no use to it."
            )
            : null;
    }

    private static void CheckToken(List<FieldViolation> faults, string field, Secret? token)
    {
        if (token is not null && !TokenAnswerReader.IsToken(token.RevealText()))
        {
            faults.Add(new(Field(field), "is no bearer token: visible ASCII without spaces", "pattern"));
        }
    }

    private static string Field(string name) => $"{Details}.oauth_token.{name}";

    /// <summary>Whose the token is and what it may do, as far as the provider says.</summary>
    private async Task<Result<BroughtGrant>> ReadTokensAsync(
        FlowContext context,
        BroughtCredential.Tokens tokens,
        CancellationToken cancellationToken
    )
    {
        using var deadline = new Deadline(time, options.Value.TokenRequestTimeout);
        DateTimeOffset asked = clock.UtcNow;
        IdentityAnswer answer = await identity.AskAsync(context, tokens.AccessToken, deadline.Left, cancellationToken);
        bool hasEnded = answer is IdentityAnswer.Refused;
        if (hasEnded && tokens.RefreshToken is null)
        {
            return Problem.Invalid(Field("access_token"), "accepted", "is refused by the provider");
        }

        (ScopeSet scopes, string source) = await ReadScopesAsync(context, tokens, deadline);
        var user = answer as IdentityAnswer.User;
        return new BroughtGrant
        {
            Asked = asked,
            Tokens = new TokenSet
            {
                AccessToken = tokens.AccessToken,
                RefreshToken = tokens.RefreshToken,
                AccessLifetime =
                    hasEnded ? TimeSpan.Zero
                    : tokens.RefreshToken is null ? null
                    : context.Profile.DefaultAccessLifetime,
                Scopes = scopes,
                UserName = user?.Name,
            },
            ScopeSource = source,
            UserKey = ProviderUser.Key(vault, context.Connection, user?.Id),
            Detail = $"{DetailOf(answer)}; scopes by {source}",
        };
    }

    private static string DetailOf(IdentityAnswer answer) =>
        answer switch
        {
            IdentityAnswer.User { Name: { } name } => $"the provider's user is {name}",
            IdentityAnswer.User => "the provider's user is known",
            IdentityAnswer.Refused => "the access token had ended, so whose it is stays unknown",
            IdentityAnswer.Unknown unknown => $"whose it is stays unknown: {unknown.Description}",
            _ => throw new InvalidOperationException($"Unknown identity answer {answer.GetType().Name}."),
        };

    private async Task<(ScopeSet Scopes, string Source)> ReadScopesAsync(
        FlowContext context,
        BroughtCredential.Tokens tokens,
        Deadline deadline
    )
    {
        if (tokens.Scopes is { Count: > 0 } named)
        {
            return (ScopeSet.Of(named), FromImport);
        }

        return
            context.Connection.ClientId is not null
            && await introspection.ReadScopesAsync(context, tokens.AccessToken, deadline.Left) is { } introspected
            ? (introspected, FromIntrospection)
            : (context.Connection.Scopes, FromConnection);
    }
}
