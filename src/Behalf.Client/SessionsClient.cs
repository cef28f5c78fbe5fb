using Behalf.Client.Internal;
using Behalf.Wire.Sessions;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>Mints credentials bound to one user.</summary>
public sealed class SessionsClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly UserSessions.UserSessionsClient _sessions;

    internal SessionsClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _sessions = new UserSessions.UserSessionsClient(invoker);
    }

    /// <param name="identifier">The user, as the application's own login says; 1–256 characters.</param>
    public async Task<UserSession> CreateAsync(
        string identifier,
        SessionLimits? limits = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(identifier);
        var request = new CreateUserSessionRequest { Identifier = identifier };
        if (limits is not null)
        {
            request.Connections.Add(limits.Connections);
            request.Tools.Add(limits.Tools);
            request.Ttl = limits.Lifetime is { } lifetime ? Duration.FromTimeSpan(lifetime) : null;
        }
        var session = await _rpc.CallAsync(options => _sessions.CreateAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
        return new UserSession(
            session.Id,
            session.Identifier,
            session.Token,
            session.ClientId,
            session.ClientSecret,
            session.ExpiresAt.ToDateTimeOffset()
        );
    }
}
