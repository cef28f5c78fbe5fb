using System.Net;
using System.Net.Sockets;

namespace Behalf.Egress;

/// <summary>
/// Resolves a name, checks every address it leads to and dials only those. One address that is not allowed refuses the
/// name: who mixes private addresses among public ones has no good reason for it. Safe to call concurrently.
/// </summary>
internal sealed class EgressDialer(IEgressOrigins origins, INameResolver names, TimeProvider time)
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(4);

    public async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context,
        CancellationToken cancellationToken
    )
    {
        DnsEndPoint target = context.DnsEndPoint;
        Uri uri =
            context.InitialRequestMessage.RequestUri
            ?? throw new InvalidOperationException("A request without a URI came through the door.");
        IPAddress[] addresses = IPAddress.TryParse(target.Host, out IPAddress? literal)
            ? [literal]
            : await names.ResolveAsync(target.Host, cancellationToken);
        if (!origins.IsListed(uri) && !Array.TrueForAll(addresses, AddressPolicy.IsPublic))
        {
            throw new EgressRefusedException($"{target.Host} leads to an address that is not allowed");
        }

        return await DialAsync(addresses, target.Port, cancellationToken);
    }

    private async Task<Stream> DialAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        SocketException? failure = null;
        for (int i = 0; i < addresses.Length; i++)
        {
            bool last = i == addresses.Length - 1;
            using CancellationTokenSource attempt = new(last ? Timeout.InfiniteTimeSpan : AttemptTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
                attempt.Token,
                cancellationToken
            );
            Socket socket = new(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(addresses[i], port), either.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException refused)
            {
                socket.Dispose();
                failure = refused;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                socket.Dispose();
                failure = new SocketException((int)SocketError.TimedOut);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw failure ?? new SocketException((int)SocketError.HostNotFound);
    }
}

/// <summary>Thrown while connecting; the message is for people and names no address.</summary>
internal sealed class EgressRefusedException(string message) : IOException(message);
