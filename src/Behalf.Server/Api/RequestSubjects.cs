using Behalf.Identity;
using Grpc.Core;

namespace Behalf.Server.Api;

/// <summary>
/// From the fields of a request that name the acting user to the one <see cref="ActingSubject"/>. Under a user-bound
/// credential <c>identifier</c> and <c>user_id</c> may only repeat its own user.
/// </summary>
internal sealed class RequestSubjects(IIdentity identity)
{
    /// <exception cref="RpcException">Refused: nothing was named, or another user was.</exception>
    public async Task<ActingSubject> ResolveAsync(ServerCallContext context, string identifier, string userId)
    {
        await CheckAsync(context, string.Empty, userId);
        return await ResolveAsync(context, identifier);
    }

    /// <summary>Refuses another user's name under a user-bound credential, and records the denial.</summary>
    /// <exception cref="RpcException">Another user was named.</exception>
    public async Task CheckAsync(ServerCallContext context, string identifier, string userId)
    {
        if (context.Principal().Kind != PrincipalKind.UserSession)
        {
            return; // a label of the application
        }

        foreach (string named in new[] { identifier, userId }.Where(named => named.Length > 0))
        {
            await ResolveAsync(context, named);
        }
    }

    public async Task<ActingSubject> ResolveAsync(ServerCallContext context, string identifier) =>
        (
            await identity.ActForAsync(
                context.Principal(),
                identifier.Length == 0 ? null : identifier,
                context.CancellationToken
            )
        ).OrThrow(context);
}
