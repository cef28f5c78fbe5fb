using System.Net;
using System.Net.Sockets;

namespace Behalf.Server.Hosting;

/// <summary>
/// The addresses to listen on, bound before anything else is done: a taken port is found out at once, and port 0 has
/// its number before links are built from it.
/// </summary>
internal sealed class Listener : IDisposable
{
    private readonly Dictionary<IPEndPoint, Socket> _sockets = [];

    private Listener(IReadOnlyList<BoundUrl> urls) => Urls = urls;

    public IReadOnlyList<BoundUrl> Urls { get; }

    /// <exception cref="StartupException">An address is malformed, not allowed or taken.</exception>
    public static Listener Bind(IReadOnlyList<string> urls)
    {
        List<BoundUrl> bound = [];
        Listener listener = new(bound);
        try
        {
            foreach (string url in urls)
            {
                bound.Add(listener.Bind(url));
            }

            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Hands a bound socket to the web server, which owns it from then on.</summary>
    public Socket Take(EndPoint endPoint) =>
        endPoint is IPEndPoint ip && _sockets.Remove(ip, out Socket? socket)
            ? socket
            : throw new InvalidOperationException($"{endPoint} was not bound.");

    public void Dispose()
    {
        foreach (Socket socket in _sockets.Values)
        {
            socket.Dispose();
        }

        _sockets.Clear();
    }

    private BoundUrl Bind(string url)
    {
        if (
            !Uri.TryCreate(url, UriKind.Absolute, out Uri? uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            || uri.PathAndQuery != "/"
        )
        {
            throw new StartupException($"--urls: \"{url}\" is not an address like http://127.0.0.1:8080.");
        }

        bool isTls = uri.Scheme == Uri.UriSchemeHttps;
        IPAddress address =
            uri.Host == "localhost" ? IPAddress.Loopback
            : IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? literal) ? literal
            : throw new StartupException($"--urls: \"{uri.Host}\" is neither localhost nor an IP address.");
        if (!isTls && !IPAddress.IsLoopback(address))
        {
            throw new StartupException(
                $"--urls: {url} would send credentials in clear text over the network. Use https:// or a loopback address."
            );
        }

        IPEndPoint first = Bind(new IPEndPoint(address, uri.Port), uri);
        List<IPEndPoint> endPoints = [first];
        if (
            uri.Host == "localhost"
            && Socket.OSSupportsIPv6
            && TryBind(new IPEndPoint(IPAddress.IPv6Loopback, first.Port)) is { } second
        )
        {
            endPoints.Add(second);
        }

        return new BoundUrl(
            new UriBuilder(uri.Scheme, uri.Host, first.Port).Uri.GetLeftPart(UriPartial.Authority),
            isTls,
            endPoints
        );
    }

    private IPEndPoint Bind(IPEndPoint wanted, Uri uri)
    {
        try
        {
            return BindSocket(wanted);
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            string owner = PortOwner.Find(wanted.Port) is { } process ? $" by process {process}" : string.Empty;
            string other = new UriBuilder(uri.Scheme, uri.Host, wanted.Port + 1).Uri.GetLeftPart(UriPartial.Authority);
            throw new StartupException($"Port {wanted.Port} is taken{owner}. Use --urls {other}.", failure);
        }
        catch (SocketException failure)
        {
            throw new StartupException($"Cannot listen on {wanted}: {failure.Message}.", failure);
        }
    }

    private IPEndPoint? TryBind(IPEndPoint wanted)
    {
        try
        {
            return BindSocket(wanted);
        }
        catch (SocketException)
        {
            return null; // IPv4 alone serves localhost as well
        }
    }

    private IPEndPoint BindSocket(IPEndPoint wanted)
    {
        Socket socket = new(wanted.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (wanted.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = wanted.Address.Equals(IPAddress.IPv6Any);
            }

            socket.Bind(wanted);
            IPEndPoint bound = (IPEndPoint)socket.LocalEndPoint!;
            // Only now another process is told that the port is taken.
            socket.Listen(512);
            _sockets.Add(bound, socket);
            return bound;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <param name="Url">With its real port.</param>
internal sealed record BoundUrl(string Url, bool IsTls, IReadOnlyList<IPEndPoint> EndPoints);
