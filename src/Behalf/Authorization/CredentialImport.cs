using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Events;
using Behalf.Identity;
using Behalf.Vault;

namespace Behalf.Authorization;

/// <summary>
/// Makes a credential that came about elsewhere the next generation of an account. The application vouches for the user, as
/// it does when it verifies; so only a service credential may. A pinned provider user stays pinned.
/// </summary>
internal sealed class CredentialImport(
    IAccountStore accounts,
    FlowContexts contexts,
    IConnectionStore connections,
    BroughtCredentials brought,
    GrantedTokens granted,
    RevocationJobs jobs
)
{
    private const int MaxTries = 10;

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
                "Only a service credential may bring credentials: it vouches for whose they are."
            );
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

        Result<BroughtGrant> read = await brought.ReadAsync(context, request.Credential, cancellationToken);
        if (!read.Succeeded)
        {
            return read.Problem;
        }

        using BroughtGrant grant = read.Value;
        return await StoreAsync(subject, context, request, grant, cancellationToken);
    }

    private async Task<FlowContext?> FindContextAsync(
        ActingSubject subject,
        ConnectionName name,
        CancellationToken cancellationToken
    ) =>
        subject.Principal.Limits.AllowsConnection(name.Value)
        && await connections.FindByNameAsync(subject.Environment, name, cancellationToken) is { } connection
            ? await contexts.FindAsync(subject.Environment, connection.Id, cancellationToken)
            : null;

    private async Task<Result<ConnectedAccount>> StoreAsync(
        ActingSubject subject,
        FlowContext context,
        ImportRequest request,
        BroughtGrant grant,
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
            NewCredential next = Make(account, old, context, grant);
            Traces traces = Traces
                .Of(account.Record("account.imported", by, "success", grant.Detail))
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
    ) => (await accounts.EnsureAsync(subject, connection.Id, labels, cancellationToken)).Created;

    private NewCredential Make(ConnectedAccount account, SealedCredential? old, FlowContext context, BroughtGrant grant)
    {
        OAuthProfile profile = context.Profile with { DefaultAccessLifetime = null };
        NewCredential next = granted.Make(account, old?.Key, context.Connection, profile, grant.Tokens, grant.Asked);
        return next with
        {
            ProviderUserKey = grant.UserKey,
            ProviderUserName = grant.Tokens.UserName,
            ScopeSource = grant.ScopeSource,
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
}
