using System.Collections.Frozen;
using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Wire.Sessions;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Server.Api.Services;

/// <summary><c>behalf.v1.UserSessions</c>: credentials bound to one user.</summary>
[Accepts(PrincipalKind.ServiceClient)]
internal sealed class UserSessionsService(IIdentity identity) : UserSessions.UserSessionsBase
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    public override async Task<CreateUserSessionResponse> Create(
        CreateUserSessionRequest request,
        ServerCallContext context
    )
    {
        MintedSession session = (
            await identity.CreateSessionAsync(
                context.Principal(),
                Identifier.Parse(request.Identifier),
                new CredentialLimits(SetOrNull(request.Connections), SetOrNull(request.Tools)),
                Lifetime(context, request.Ttl),
                context.CancellationToken
            )
        ).OrThrow(context);
        context.GetHttpContext().Response.Headers.CacheControl = "no-store";
        using Secret token = session.AccessToken;
        using Secret secret = session.ClientSecret;
        return new CreateUserSessionResponse
        {
            Id = session.Id.ToString(),
            Identifier = session.Identifier.Value,
            Token = token.RevealText(),
            ClientId = session.ClientId,
            ClientSecret = secret.RevealText(),
            ExpiresAt = session.ExpiresAt.ToTimestamp(),
        };
    }

    private static TimeSpan Lifetime(ServerCallContext context, Duration? ttl)
    {
        if (ttl is null)
        {
            return Longest;
        }

        // Bounds first: a duration may hold more than a TimeSpan does.
        return ttl.Seconds is >= 0 and <= 900 && ttl.Nanos is >= 0 and < 1_000_000_000
            ? ttl.ToTimeSpan()
            : throw context.Refuse(Problem.Invalid("ttl", "range", "is from one second to fifteen minutes"));
    }

    private static FrozenSet<string>? SetOrNull(IReadOnlyCollection<string> names) =>
        names.Count == 0 ? null : names.ToFrozenSet(StringComparer.Ordinal);
}
