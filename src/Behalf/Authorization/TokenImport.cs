using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Events;
using Behalf.Identity;
using Behalf.Vault;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>
/// Makes tokens that a user granted elsewhere the next generation of an account. The application vouches for the user, as
/// it does when it verifies; so only a service credential may. A pinned provider user stays pinned.
/// </summary>
internal sealed class TokenImport(
    IAccountStore accounts,
    FlowContexts contexts,
    IConnectionStore connections,
    ProviderIdentity identity,
    Introspection introspection,
    GrantedTokens granted,
    RevocationJobs jobs,
    IVault vault,
    IOptions<BehalfOptions> options,
    TimeProvider time
)
{
    private const int MaxTries = 10;
    private const string FromImport = "import";
    private const string FromIntrospection = "introspection";
    private const string FromConnection = "connection";

    public async Task<Result<ConnectedAccount>> RunAsync(
        ActingSubject subject,
        ImportRequest request,
        CancellationToken cancellationToken
    )
    {
        if (subject.Principal.Kind != PrincipalKind.ServiceClient)
        {
            return Problem.Forbidden(
                "service_credential_required",
                "Only a service credential may bring tokens: it vouches for whose they are."
            );
        }

        if (Check(request) is { } fault)
        {
            return fault;
        }

        FlowContext? context = await FindContextAsync(subject, request.Connection, cancellationToken);
        if (context is null)
        {
            return Problem.NotFound("connection");
        }

        ConnectedAccount? existing = await accounts.FindAsync(
            subject.Environment,
            context.Connection.Id,
            subject.Identifier,
            cancellationToken
        );
        if (existing is not null && request.Creates)
        {
            return AccountDirectory.Exists(subject, request.Connection);
        }

        if (existing is null && !request.Creates)
        {
            return Problem.NotFound("connected account");
        }

        if (request.RefreshToken is not null && context.Connection.ClientId is null)
        {
            return new Problem(
                ProblemKind.FailedPrecondition,
                "connection_without_client",
                $"Connection {request.Connection} has no OAuth client yet, so a refresh token is of no use to it."
            );
        }

        return await ReadAsync(context, request, cancellationToken) switch
        {
            { Problem: { } problem } => problem,
            { Value: { } grant } => await StoreAsync(subject, context, request, grant, cancellationToken),
            _ => throw new InvalidOperationException("A result that is neither a value nor a problem."),
        };
    }

    private static Problem? Check(ImportRequest request)
    {
        var faults = new List<FieldViolation>();
        CheckToken(faults, "access_token", request.AccessToken);
        CheckToken(faults, "refresh_token", request.RefreshToken);
        if (request.Scopes is { } scopes && !ScopeSyntax.AreScopes(scopes))
        {
            faults.Add(new(Field("scopes"), ScopeSyntax.Rule, "pattern"));
        }

        return faults.Count == 0 ? null : Problem.Invalid(faults);
    }

    private static void CheckToken(List<FieldViolation> faults, string field, Secret? token)
    {
        if (token is not null && !TokenAnswerReader.IsToken(token.RevealText()))
        {
            faults.Add(new(Field(field), "is no bearer token: visible ASCII without spaces", "pattern"));
        }
    }

    private static string Field(string name) => $"connected_account.authorization_details.oauth_token.{name}";

    private async Task<FlowContext?> FindContextAsync(
        ActingSubject subject,
        ConnectionName name,
        CancellationToken cancellationToken
    ) =>
        subject.Principal.Limits.AllowsConnection(name.Value)
        && await connections.FindByNameAsync(subject.Environment, name, cancellationToken) is { } connection
            ? await contexts.FindAsync(subject.Environment, connection.Id, cancellationToken)
            : null;

    /// <summary>Whose the token is and what it may do, as far as the provider says.</summary>
    private async Task<Result<ImportedGrant>> ReadAsync(
        FlowContext context,
        ImportRequest request,
        CancellationToken cancellationToken
    )
    {
        using var deadline = new Deadline(time, options.Value.TokenRequestTimeout);
        DateTimeOffset asked = time.GetUtcNow();
        IdentityAnswer answer = await identity.AskAsync(context, request.AccessToken, deadline.Left, cancellationToken);
        bool hasEnded = answer is IdentityAnswer.Refused;
        if (hasEnded && request.RefreshToken is null)
        {
            return Problem.Invalid(Field("access_token"), "accepted", "is refused by the provider");
        }

        (ScopeSet scopes, string source) = await ReadScopesAsync(context, request, deadline);
        var user = answer as IdentityAnswer.User;
        return new ImportedGrant
        {
            Asked = asked,
            Scopes = scopes,
            Source = source,
            UserKey = ProviderUser.Key(vault, context.Connection, user?.Id),
            UserName = user?.Name,
            Lifetime =
                hasEnded ? TimeSpan.Zero
                : request.RefreshToken is null ? null
                : context.Profile.DefaultAccessLifetime,
            Detail = answer switch
            {
                IdentityAnswer.User { Name: { } name } => $"the provider's user is {name}",
                IdentityAnswer.User => "the provider's user is known",
                IdentityAnswer.Refused => "the access token had ended, so whose it is stays unknown",
                IdentityAnswer.Unknown unknown => $"whose it is stays unknown: {unknown.Description}",
                _ => throw new InvalidOperationException($"Unknown identity answer {answer.GetType().Name}."),
            },
        };
    }

    private async Task<(ScopeSet Scopes, string Source)> ReadScopesAsync(
        FlowContext context,
        ImportRequest request,
        Deadline deadline
    )
    {
        if (request.Scopes is { Count: > 0 } named)
        {
            return (ScopeSet.Of(named), FromImport);
        }

        return
            context.Connection.ClientId is not null
            && await introspection.ReadScopesAsync(context, request.AccessToken, deadline.Left) is { } introspected
            ? (introspected, FromIntrospection)
            : (context.Connection.Scopes, FromConnection);
    }

    private async Task<Result<ConnectedAccount>> StoreAsync(
        ActingSubject subject,
        FlowContext context,
        ImportRequest request,
        ImportedGrant grant,
        CancellationToken cancellationToken
    )
    {
        string by = subject.Principal.ClientId;
        if (request.Creates && !await CreateAsync(subject, context.Connection, request.Labels, cancellationToken))
        {
            return AccountDirectory.Exists(subject, request.Connection);
        }

        for (int attempt = 0; attempt < MaxTries; attempt++)
        {
            ConnectedAccount? account = await accounts.FindAsync(
                subject.Environment,
                context.Connection.Id,
                subject.Identifier,
                cancellationToken
            );
            if (account is null)
            {
                return Problem.NotFound("connected account");
            }

            if (IsAnotherUser(account, grant.UserKey) && !request.AllowOtherProviderUser)
            {
                return PinnedToAnother(grant.UserKey is null);
            }

            SealedCredential? old = await accounts.FindCredentialAsync(
                subject.Environment,
                account.Id,
                cancellationToken
            );
            NewCredential next = Make(account, old, context, request, grant);
            Traces traces = Traces
                .Of(account.Record("account.imported", by, "success", $"{grant.Detail}; scopes by {grant.Source}"))
                .With(
                    account.Event(EventTypes.OAuthTokensFetched, AccountState.Active),
                    account.Event(EventTypes.AccountStatusUpdated, AccountState.Active)
                );
            if (!await accounts.ReplaceCredentialAsync(account, next, traces, cancellationToken))
            {
                continue; // moved on meanwhile: a refresh, a reconnect, a stop
            }

            // Of the same user, or of one we cannot tell, revoking the old one could end the new one too.
            if (old is not null && grant.UserKey is not null && IsAnotherUser(account, grant.UserKey))
            {
                await jobs.AddAsync(account, old, context.Connection, account.ProviderUserKey);
            }

            return await accounts.FindAsync(subject.Environment, account.Id, cancellationToken) is { } imported
                ? imported
                : Problem.NotFound("connected account");
        }

        return new Problem(ProblemKind.Unavailable, "account_busy", "The account keeps changing; try again.");
    }

    private async Task<bool> CreateAsync(
        ActingSubject subject,
        Connection connection,
        AccountLabels labels,
        CancellationToken cancellationToken
    ) =>
        (
            await accounts.EnsureAsync(
                subject.Environment,
                connection.Id,
                subject.Identifier,
                labels,
                made =>
                    Traces
                        .Of(made.Record("account.created", subject.Principal.ClientId))
                        .With(made.Event(EventTypes.AccountCreated, made.State)),
                cancellationToken
            )
        ).Created;

    private NewCredential Make(
        ConnectedAccount account,
        SealedCredential? old,
        FlowContext context,
        ImportRequest request,
        ImportedGrant grant
    )
    {
        // Not disposed here: the secrets are the request's.
        var tokens = new TokenSet
        {
            AccessToken = request.AccessToken,
            RefreshToken = request.RefreshToken,
            AccessLifetime = grant.Lifetime,
            Scopes = grant.Scopes,
        };
        OAuthProfile profile = context.Profile with { DefaultAccessLifetime = null };
        NewCredential next = granted.Make(account, old?.Key, context.Connection, profile, tokens, grant.Asked);
        return next with
        {
            ProviderUserKey = grant.UserKey,
            ProviderUserName = grant.UserName,
            ScopeSource = grant.Source,
            RefreshNotBefore = null, // its age is unknown: a 401 a moment later is a reason to refresh
        };
    }

    /// <summary>One that cannot be told counts as another: a pin is not lifted by a provider that is out of reach.</summary>
    private static bool IsAnotherUser(ConnectedAccount account, string? userKey) =>
        account.ProviderUserKey is { } pinned && !string.Equals(pinned, userKey, StringComparison.Ordinal);

    private static Problem PinnedToAnother(bool isUnknown) =>
        new(
            ProblemKind.FailedPrecondition,
            FlowOutcomes.ProviderUserChanged,
            isUnknown
                ? "The account is pinned to a user of the provider, and whose these tokens are could not be learned. Try again, or send the header behalf-allow-other-provider-user: true."
                : "The account is pinned to another user of the provider. To replace that one on purpose send the header behalf-allow-other-provider-user: true."
        );

    private sealed record ImportedGrant
    {
        public required DateTimeOffset Asked { get; init; }

        public required ScopeSet Scopes { get; init; }

        public required string Source { get; init; }

        public string? UserKey { get; init; }

        public string? UserName { get; init; }

        public TimeSpan? Lifetime { get; init; }

        public required string Detail { get; init; }
    }
}
