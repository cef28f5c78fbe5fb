using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Events;
using Behalf.Identity;

namespace Behalf.Connections;

/// <summary>
/// Ends the use of accounts: stopped in one transaction with the job that holds the token from then on, acknowledged,
/// revoked upstream in the background.
/// </summary>
internal sealed class AccountEnding(
    IAccountStore accounts,
    IConnectionStore connections,
    IEndUserStore users,
    IAuthorization authorization
)
{
    private const int MaxTries = 10;
    private const int PageSize = 500;
    private const int MostAtOnce = 500;

    public Task<Result<ConnectedAccount>> DisconnectAsync(
        Principal principal,
        ConnectedAccount account,
        string reason,
        CancellationToken cancellationToken
    ) => WakingAsync(() => StopOneAsync(principal, account, reason, cancellationToken));

    public Task<Result<Done>> DeleteAsync(
        Principal principal,
        ConnectedAccount account,
        CancellationToken cancellationToken
    ) => WakingAsync(() => DeleteOneAsync(principal, account, cancellationToken));

    public Task<Result<IReadOnlyList<ConnectedAccount>>> RevokeUserAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) => WakingAsync(() => StopUserAsync(principal, environment, identifier, cancellationToken));

    public Task<Result<IReadOnlyList<ConnectedAccount>>> RemoveUserAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) => WakingAsync(() => DeleteUserAsync(principal, environment, identifier, cancellationToken));

    /// <summary>
    /// The provider is asked once all are stopped that are stopped together: of two that share a grant, the first would find
    /// the second alive and keep the grant for it.
    /// </summary>
    private async Task<T> WakingAsync<T>(Func<Task<T>> stopping)
    {
        try
        {
            return await stopping();
        }
        finally
        {
            authorization.Wake();
        }
    }

    private async Task<Result<ConnectedAccount>> StopOneAsync(
        Principal principal,
        ConnectedAccount account,
        string reason,
        CancellationToken cancellationToken
    )
    {
        if (!principal.Covers(account))
        {
            return Problem.NotFound("connected account");
        }

        Problem? problem = await StopAsync(principal.ClientId, account, delete: false, reason, cancellationToken);
        if (problem is not null)
        {
            return problem;
        }

        return await accounts.FindAsync(account.Environment, account.Id, cancellationToken) is { } stopped
            ? stopped
            : Problem.NotFound("connected account");
    }

    private async Task<Result<Done>> DeleteOneAsync(
        Principal principal,
        ConnectedAccount account,
        CancellationToken cancellationToken
    )
    {
        if (!principal.Covers(account))
        {
            return Problem.NotFound("connected account");
        }

        Problem? problem = await StopAsync(
            principal.ClientId,
            account,
            delete: true,
            AccountReasons.Disconnected,
            cancellationToken
        );
        return problem is null ? Done.Value : problem;
    }

    private async Task<Result<IReadOnlyList<ConnectedAccount>>> StopUserAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    )
    {
        if (!principal.Manages(environment))
        {
            return Problem.Forbidden("not_allowed", "This credential may not revoke users here.");
        }

        // The tokens end first: whoever still holds one cannot connect again while the accounts are stopped.
        var record = new AuditDraft
        {
            Environment = environment,
            Kind = AuditKind.Admin,
            Action = "user.revoked",
            Identifier = identifier.Value,
            Principal = principal.ClientId,
        };
        if (!await users.BumpEpochAsync(environment, identifier, Traces.Of(record), cancellationToken))
        {
            return Problem.NotFound("user");
        }

        bool others = false;
        var stopped = new List<ConnectedAccount>();
        foreach (ConnectedAccount account in await accounts.OfUserAsync(environment, identifier, cancellationToken))
        {
            if (!principal.Covers(account))
            {
                continue;
            }

            if (IsStopped(account))
            {
                others = true;
                continue;
            }

            Result<ConnectedAccount> ended = await StopOneAsync(
                principal,
                account,
                AccountReasons.Revoked,
                cancellationToken
            );
            if (ended.Succeeded)
            {
                stopped.Add(ended.Value);
            }
            else if (ended.Problem.Kind != ProblemKind.NotFound)
            {
                return ended.Problem;
            }
        }

        if (others)
        {
            await accounts.WaitForStartsAsync(cancellationToken);
        }

        return stopped;
    }

    private async Task<Result<IReadOnlyList<ConnectedAccount>>> DeleteUserAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    )
    {
        // A credential that may see some of the accounts only cannot remove the user they all belong to.
        IReadOnlyList<ConnectedAccount> all = await accounts.OfUserAsync(environment, identifier, cancellationToken);
        if (all.Any(account => !principal.Covers(account)))
        {
            return Problem.Forbidden("not_allowed", "This credential does not cover all accounts of this user.");
        }

        Result<IReadOnlyList<ConnectedAccount>> revoked = await StopUserAsync(
            principal,
            environment,
            identifier,
            cancellationToken
        );
        if (!revoked.Succeeded)
        {
            return revoked;
        }

        var record = new AuditDraft
        {
            Environment = environment,
            Kind = AuditKind.Admin,
            Action = "user.removed",
            Identifier = identifier.Value,
            Principal = principal.ClientId,
        };
        for (int attempt = 0; attempt < MaxTries; attempt++)
        {
            foreach (ConnectedAccount account in await accounts.OfUserAsync(environment, identifier, cancellationToken))
            {
                Result<Done> deleted = await DeleteOneAsync(principal, account, cancellationToken);
                if (!deleted.Succeeded && deleted.Problem.Kind != ProblemKind.NotFound)
                {
                    return deleted.Problem;
                }
            }

            // Not while an account is there that somebody has connected meanwhile.
            if (await users.RemoveAsync(environment, identifier, Traces.Of(record), cancellationToken))
            {
                return revoked;
            }
        }

        return new Problem(
            ProblemKind.Unavailable,
            "user_busy",
            "The user keeps connecting accounts; those that were there are deleted. Try again."
        );
    }

    public async Task<Result<RevokedAccounts>> RevokeAllAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionName? connection,
        CancellationToken cancellationToken
    )
    {
        if (connection is null && principal.Kind != PrincipalKind.Operator)
        {
            return Problem.Forbidden("operator_credential_needed", "Revoking everybody needs the operator credential.");
        }

        if (!principal.Manages(environment))
        {
            return Problem.Forbidden("not_allowed", "This credential may not revoke accounts here.");
        }

        var filter = new AccountFilter { Environment = environment };
        if (connection is { } name)
        {
            if (
                !principal.Limits.AllowsConnection(name.Value)
                || await connections.FindByNameAsync(environment, name, cancellationToken) is null
            )
            {
                return Problem.NotFound("connection");
            }

            filter = filter with { Connections = [name] };
        }
        else
        {
            var record = new AuditDraft
            {
                Environment = environment,
                Kind = AuditKind.Admin,
                Action = "environment.revoked",
                Principal = principal.ClientId,
                Outcome = CallOutcomes.Success,
            };
            await users.BumpEveryEpochAsync(environment, Traces.Of(record), cancellationToken);
        }

        return await WakingAsync(() => StopSomeAsync(principal, filter, cancellationToken));
    }

    public async Task<bool> StopAgainAsync(
        EnvironmentId environment,
        AccountId id,
        long generation,
        CancellationToken cancellationToken
    )
    {
        ConnectedAccount? account = await accounts.FindAsync(environment, id, cancellationToken);
        if (account is null or { Status: CredentialStatus.Disconnected } || account.Generation > generation)
        {
            return false;
        }

        Problem? problem = await StopAsync(
            "restore",
            account,
            delete: false,
            AccountReasons.Revoked,
            cancellationToken
        );
        return problem is null ? true : throw new InvalidOperationException(problem.Message);
    }

    /// <summary>Stops every account of a connection, so that it can be removed.</summary>
    public async Task<Problem?> StopAllAsync(
        Principal principal,
        Connection connection,
        CancellationToken cancellationToken
    )
    {
        var filter = new AccountFilter { Environment = connection.Environment, Connections = [connection.Name] };
        Result<RevokedAccounts> stopped;
        do
        {
            stopped = await WakingAsync(() => StopSomeAsync(principal, filter, cancellationToken));
        } while (stopped is { Succeeded: true, Value.More: true });

        return stopped.Succeeded ? null : stopped.Problem;
    }

    /// <summary>Walks through the filter's accounts until so many were stopped; those that are stopped already are passed over.</summary>
    private async Task<Result<RevokedAccounts>> StopSomeAsync(
        Principal principal,
        AccountFilter filter,
        CancellationToken cancellationToken
    )
    {
        List<ConnectedAccount> stopped = [];
        Guid? after = null;
        do
        {
            Page<ConnectedAccount> page = await accounts.ListAsync(
                filter with
                {
                    ExceptStopped = true,
                },
                new PageRequest(PageSize, After: after),
                cancellationToken
            );
            foreach (ConnectedAccount account in page.Items)
            {
                if (stopped.Count == MostAtOnce)
                {
                    return new RevokedAccounts(stopped, More: true);
                }

                switch (await StopAsync(principal.ClientId, account, false, AccountReasons.Revoked, cancellationToken))
                {
                    case null:
                        stopped.Add(account with { Status = CredentialStatus.Disconnected });
                        break;
                    case { Kind: not ProblemKind.NotFound } problem:
                        return problem;
                    default:
                        break; // gone meanwhile
                }
            }

            after = page.Next;
        } while (after is not null);

        // Some may have been stopped by somebody else, who may still be waiting for calls that began before.
        await accounts.WaitForStartsAsync(cancellationToken);
        return new RevokedAccounts(stopped, More: false);
    }

    private async Task<Problem?> StopAsync(
        string by,
        ConnectedAccount account,
        bool delete,
        string reason,
        CancellationToken cancellationToken
    )
    {
        for (int attempt = 0; attempt < MaxTries; attempt++)
        {
            ConnectedAccount? now = await accounts.FindAsync(account.Environment, account.Id, cancellationToken);
            Connection? connection = await connections.FindAsync(
                account.Environment,
                account.Connection,
                cancellationToken
            );
            if (now is null || connection is null)
            {
                return Problem.NotFound("connected account");
            }

            if (!delete && IsStopped(now))
            {
                // Somebody else stopped it, and may still be waiting for calls that began before.
                await accounts.WaitForStartsAsync(cancellationToken);
                return null;
            }

            RevocationJob? job = await authorization.PrepareRevocationAsync(
                await accounts.FindCredentialAsync(now.Environment, now.Id, cancellationToken),
                connection,
                now.ProviderUserKey,
                cancellationToken
            );
            Traces traces = Traces
                .Of(now.Record(delete ? "account.deleted" : "account.disconnected", by, reason))
                .With(
                    delete
                        ? now.Event(EventTypes.AccountDeleted, AccountState.Disconnected, reason)
                        : now.Event(EventTypes.AccountStatusUpdated, AccountState.Disconnected, reason)
                );
            if (await accounts.StopAsync(now, now.RowVersion, delete, reason, job, traces, cancellationToken))
            {
                Milestone.Reached(Milestone.RevokeCommitted, now.Id.ToString());
                return null;
            }
        }

        return new Problem(
            ProblemKind.Unavailable,
            "account_busy",
            "The account keeps changing; nothing was stopped yet. Try again."
        );
    }

    private static bool IsStopped(ConnectedAccount account) =>
        account.Status == CredentialStatus.Disconnected && account.OpenFlow is null;
}
