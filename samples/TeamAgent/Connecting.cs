using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using Behalf.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace TeamAgent;

/// <summary>
/// Makes authorization links for the signed-in person and remembers, by the state that comes back, who began. A real
/// application keeps this with its sessions.
/// </summary>
internal sealed class Connecting(BehalfClient behalf, IServer server)
{
    private readonly ConcurrentDictionary<string, string> _identifierByState = new(StringComparer.Ordinal);

    public async Task<Uri> LinkAsync(ClaimsPrincipal person, string connection, CancellationToken cancellationToken)
    {
        string identifier = person.GetBehalfIdentifier();
        string state = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        _identifierByState[state] = identifier;
        Uri verifyUrl = new(new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First()), "/connected");
        AuthorizationLink link = await behalf.Accounts.CreateLinkAsync(
            connection,
            identifier,
            verifyUrl,
            state,
            cancellationToken
        );
        return link.Link;
    }

    /// <summary>True once for each state that was given out.</summary>
    public bool Ends(string? state) => state is not null && _identifierByState.TryRemove(state, out _);
}
