using System.Net;
using System.Net.Sockets;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>Connections of a caller at an address of one's choice: all of 127.0.0.0/8 is this machine.</summary>
internal static class Caller
{
    /// <param name="from">Null: the system's choice.</param>
    public static SocketsHttpHandler From(IPAddress? from) =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
#pragma warning disable CA5359 // a certificate that the server under test made a moment ago
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
            ConnectCallback = from is null
                ? null
                : (context, cancellation) => ConnectAsync(from, context, cancellation),
        };

    private static async ValueTask<Stream> ConnectAsync(
        IPAddress from,
        SocketsHttpConnectionContext context,
        CancellationToken cancellationToken
    )
    {
        Socket socket = new(from.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(from, 0));
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
