using System.Security.Claims;
using Behalf.Client;

namespace TeamAgent;

/// <summary>
/// Behalf as the signed-in person may use it. The service credential stays here; what an agent gets is a client bound to
/// one person, on short sessions that are renewed as it works.
/// </summary>
internal sealed class UserClients(BehalfClient behalf)
{
    public UserClient For(ClaimsPrincipal person) => behalf.CreateUserClient(person.GetBehalfIdentifier());
}
