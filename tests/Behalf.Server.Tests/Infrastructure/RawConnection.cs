using System.Net.Sockets;
using System.Text;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>Bytes to the server as a test wrote them, past every check of a client library.</summary>
internal sealed class RawConnection(TcpClient client) : IAsyncDisposable
{
    public static async Task<RawConnection> OpenAsync(TestServer server)
    {
        Uri uri = new(server.Server.Url);
        TcpClient client = new();
        await client.ConnectAsync(uri.Host, uri.Port, TestContext.Current.CancellationToken);
        return new RawConnection(client);
    }

    /// <returns>The whole answer, up to the end of the connection.</returns>
    public async Task<string> SendAsync(string request)
    {
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        using StreamReader reader = new(stream, Encoding.Latin1, leaveOpen: true);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }
}
