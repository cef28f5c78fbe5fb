using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Behalf.Tests.Egress;

/// <summary>A server that does to the socket whatever a test wants. Keeps what it received.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<NetworkStream, string, Task> _answer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<string> _requests = [];
    private readonly Task _accepting;
    private int _connections;

    private RawServer(Func<NetworkStream, string, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Origin => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public int Connections => Volatile.Read(ref _connections);

    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <param name="answer">Gets the stream and the request; returning closes nothing by itself.</param>
    public static RawServer Start(Func<NetworkStream, string, Task> answer) => new(answer);

    public static RawServer Answering(string head, byte[] body) =>
        Start(
            async (stream, _) =>
            {
                await stream.WriteAsync(
                    Encoding.Latin1.GetBytes($"HTTP/1.1 {head}\r\nContent-Length: {body.Length}\r\n\r\n")
                );
                await stream.WriteAsync(body);
            }
        );

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                Interlocked.Increment(ref _connections);
                serving.Add(ServeAsync(client));
            }
        }
        catch (Exception stopped)
            when (stopped is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient owned = client;
        await using CancellationTokenRegistration closing = _stopping.Token.Register(client.Close);
        try
        {
            NetworkStream stream = client.GetStream();
            while (await ReadRequestAsync(stream) is { } request)
            {
                lock (_requests)
                {
                    _requests.Add(request);
                }

                await _answer(stream, request);
            }
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The client, or the test, has closed the connection.
        }
    }

    private static async Task<string?> ReadRequestAsync(NetworkStream stream)
    {
        List<byte> received = [];
        byte[] one = new byte[1];
        while (!EndsHead(received))
        {
            if (await stream.ReadAsync(one) == 0)
            {
                return null;
            }

            received.Add(one[0]);
        }

        string head = Encoding.Latin1.GetString([.. received]);
        int length = head.Split("\r\n")
            .Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            .Select(line => int.Parse(line.AsSpan(15)))
            .SingleOrDefault();
        byte[] body = new byte[length];
        await stream.ReadExactlyAsync(body);
        return head + Encoding.UTF8.GetString(body);
    }

    private static bool EndsHead(List<byte> received) =>
        received is [.., (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'];
}
