using Behalf.Authorization;
using Behalf.Events;
using Behalf.Identity;

namespace Behalf.Connections;

/// <summary>The one way in which a user's account at a connection comes into being, with its record and its event.</summary>
internal static class AccountCreation
{
    /// <returns>The account, and whether it was created by this.</returns>
    public static Task<(ConnectedAccount Account, bool Created)> EnsureAsync(
        this IAccountStore accounts,
        ActingSubject subject,
        ConnectionId connection,
        AccountLabels labels,
        CancellationToken cancellationToken
    ) =>
        accounts.EnsureAsync(
            subject.Environment,
            connection,
            subject.Identifier,
            labels,
            made =>
                Traces
                    .Of(made.Record("account.created", subject.Principal.ClientId))
                    .With(made.Event(EventTypes.AccountCreated, made.State)),
            cancellationToken
        );
}
