using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace Behalf.Server.Hosting;

/// <summary>
/// Proxies in front of us, by exact address or network. They may say for whom they ask (<c>X-Forwarded-For</c>), and
/// nothing else: our scheme and host are settings, never a request's.
/// </summary>
internal static class TrustedProxies
{
    public static IServiceCollection AddTrustedProxies(this IServiceCollection services)
    {
        services
            .AddOptions<ForwardedHeadersOptions>()
            .PostConfigure<IOptions<BehalfOptions>>(
                (target, options) =>
                {
                    IPNetwork[] networks = [.. options.Value.TrustedProxies.Select(Parse)];
                    // Without any network the framework would believe everybody.
                    target.ForwardedHeaders =
                        networks.Length > 0 ? ForwardedHeaders.XForwardedFor : ForwardedHeaders.None;
                    target.ForwardLimit = null; // as many proxies in a row as are listed
                    target.KnownProxies.Clear();
                    target.KnownIPNetworks.Clear();
                    foreach (IPNetwork network in networks)
                    {
                        target.KnownIPNetworks.Add(network);
                    }
                }
            );
        return services;
    }

    /// <exception cref="StartupException">It is neither an address nor a network, or everybody's.</exception>
    public static IPNetwork Parse(string text) =>
        IPAddress.TryParse(text, out IPAddress? address) && address.ToString() == text
            ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(text, out IPNetwork network)
        && network is { PrefixLength: > 0 }
        && network.ToString() == text
            ? network
        : throw new StartupException(
            $"Behalf:TrustedProxies: \"{text}\" is neither an address such as 10.0.0.7 nor a network such as 10.0.0.0/24."
        );
}
