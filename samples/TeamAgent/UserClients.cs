using System.Security.Claims;
using Behalf.Client;

namespace TeamAgent;

/// <summary>
/// Behalf as the signed-in person may use it. The service credential stays here; what an agent gets is a client bound to
/// one person, with a session that this callback renews.
/// </summary>
internal sealed class UserClients(BehalfClient behalf, TeamAgentOptions options)
{
    public IUserClient For(ClaimsPrincipal person)
    {
        string identifier = person.Identifier();
        return new UserClient(
            options.Server,
            cancellationToken => behalf.Sessions.CreateAsync(identifier, cancellationToken: cancellationToken)
        );
    }
}
