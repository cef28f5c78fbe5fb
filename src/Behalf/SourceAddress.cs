using System.Net;
using System.Net.Sockets;

namespace Behalf;

/// <summary>
/// An address as limits per source count it. Of IPv6 it is the network of 64 bits: whoever has one address there has
/// 2^64 of them.
/// </summary>
public static class SourceAddress
{
    private const int NetworkBytes = 8;

    /// <param name="address">Null where the connection has none, such as a socket of the machine's own.</param>
    public static string Of(IPAddress? address)
    {
        if (address is null)
        {
            return "unknown";
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
