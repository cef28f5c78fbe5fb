using System.Net;
using System.Net.Sockets;

namespace Behalf.RaceSuite.Stage;

/// <summary>Ports of the loopback below those that systems give to outgoing connections: still free after a restart.</summary>
internal static class Ports
{
    public static int Free()
    {
        while (true)
        {
            int port = Random.Shared.Next(12_000, 30_000);
            try
            {
                using TcpListener listener = new(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
    }
}
