using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Events;
using Behalf.Identity;
using Behalf.People;

namespace Behalf.Connections;

/// <summary>Finds, lists and creates connected accounts within the caller's reach.</summary>
internal sealed class AccountDirectory(IAccountStore accounts, IConnectionStore connections)
{
    private const int MaxTries = 10;

    public async Task<Result<ConnectedAccount>> CreateAsync(
        ActingSubject subject,
        ConnectionName name,
        AccountLabels labels,
        CancellationToken cancellationToken
    )
    {
        if (await FindConnectionAsync(subject, name, cancellationToken) is not { } connection)
        {
            return Problem.NotFound("connection");
        }

        (ConnectedAccount account, bool created) = await accounts.EnsureAsync(
            subject,
            connection.Id,
            labels,
            cancellationToken
        );
        return created ? account : Exists(subject, name);
    }

    public static Problem Exists(ActingSubject subject, ConnectionName name) =>
        new(
            ProblemKind.AlreadyExists,
            "account_exists",
            $"{subject.Identifier} has a connected account at {name} already."
        );

    /// <summary>Replaces what the application stores with an account; its credential stays as it is.</summary>
    public async Task<Result<ConnectedAccount>> ChangeAsync(
        Principal principal,
        AccountId id,
        string apiConfig,
        CancellationToken cancellationToken
    )
    {
        for (int attempt = 0; attempt < MaxTries; attempt++)
        {
            Result<ConnectedAccount> found = await FindAsync(principal, id, cancellationToken);
            if (!found.Succeeded || found.Value.ApiConfig == apiConfig)
            {
                return found;
            }

            ConnectedAccount account = found.Value;
            Traces traces = Traces
                .Of(account.Record("account.changed", principal.ClientId, CallOutcomes.Success, "api_config"))
                .With(account.Event(EventTypes.AccountUpdated, account.State));
            if (await accounts.ChangeAsync(account with { ApiConfig = apiConfig }, traces, cancellationToken))
            {
                return await FindAsync(principal, id, cancellationToken);
            }
        }

        return new Problem(ProblemKind.Unavailable, "account_busy", "The account keeps changing; try again.");
    }

    public async Task<Result<ConnectedAccount>> FindAsync(
        ActingSubject subject,
        ConnectionName name,
        AccountLabels labels,
        CancellationToken cancellationToken
    )
    {
        Connection? connection = await FindConnectionAsync(subject, name, cancellationToken);
        ConnectedAccount? account = connection is null
            ? null
            : await accounts.FindAsync(subject.Environment, connection.Id, subject.Identifier, cancellationToken);
        return account is not null && IsOf(subject, account) && Fits(account, labels)
            ? account
            : Problem.NotFound("connected account");
    }

    public async Task<Result<ConnectedAccount>> FindAsync(
        Principal principal,
        AccountId id,
        CancellationToken cancellationToken
    )
    {
        ConnectedAccount? account = principal.Environment is { } environment
            ? await accounts.FindAsync(environment, id, cancellationToken)
            : null;
        return account is not null && principal.Covers(account) ? account : Problem.NotFound("connected account");
    }

    public async Task<IReadOnlyList<ConnectedAccount>> OfAsync(BrowserUser user, CancellationToken cancellationToken) =>
        [
            .. (await accounts.OfUserAsync(user.Environment, user.Identifier, cancellationToken)).Where(account =>
                account.Incarnation == user.Epoch.Incarnation
            ),
        ];

    public async Task<IReadOnlyList<ConnectedAccount>> OfAsync(
        ActingSubject subject,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<ConnectedAccount> all = await accounts.OfUserAsync(
            subject.Environment,
            subject.Identifier,
            cancellationToken
        );
        return [.. all.Where(account => IsWithin(subject, account))];
    }

    public async Task<ConnectedAccount?> AtAsync(
        ActingSubject subject,
        Connection connection,
        CancellationToken cancellationToken
    ) =>
        await accounts.FindAsync(subject.Environment, connection.Id, subject.Identifier, cancellationToken)
            is { } account
        && IsWithin(subject, account)
            ? account
            : null;

    public async Task<Page<ConnectedAccount>> ListAsync(
        Principal principal,
        AccountFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) =>
        principal.Narrow(filter) is { } narrowed
            ? await accounts.ListAsync(narrowed, page, cancellationToken)
            : new Page<ConnectedAccount>([], null, null, 0);

    private async Task<Connection?> FindConnectionAsync(
        ActingSubject subject,
        ConnectionName name,
        CancellationToken cancellationToken
    ) =>
        subject.Principal.Limits.AllowsConnection(name.Value)
            ? await connections.FindByNameAsync(subject.Environment, name, cancellationToken)
            : null;

    private static bool IsWithin(ActingSubject subject, ConnectedAccount account) =>
        IsOf(subject, account) && subject.Principal.Limits.AllowsConnection(account.ConnectionName.Value);

    /// <summary>A re-created user is another incarnation and inherits nothing.</summary>
    private static bool IsOf(ActingSubject subject, ConnectedAccount account) =>
        account.Identifier == subject.Identifier && account.Incarnation == subject.Epoch.Incarnation;

    /// <summary>Labels that are given narrow exactly; they never select by themselves.</summary>
    private static bool Fits(ConnectedAccount account, AccountLabels labels) =>
        (labels.OrganizationId is null || labels.OrganizationId == account.OrganizationId)
        && (labels.UserId is null || labels.UserId == account.UserId);
}
