using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Behalf.Bench.Load;
using Behalf.RaceSuite.Stage;

namespace Behalf.Bench.Streams;

/// <summary>Clients that ask for a long answer and take a little of it each second.</summary>
internal sealed class SlowReaders : IAsyncDisposable
{
    /// <value>Of each, in bytes a second.</value>
    public const int Rate = 1024;

    /// <value>So that what is not read waits in the server, not in a client's socket.</value>
    private const int Buffer = 4 * 1024;
    private const int Turns = 20;

    private readonly List<Socket> _sockets = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _reading = Task.CompletedTask;
    private long _read;

    /// <value>Bytes that all of them read.</value>
    public long Read => Interlocked.Read(ref _read);

    /// <value>How many answers have begun with 200 and are not at their end.</value>
    public int Held => _sockets.Count(socket => socket.Connected);

    /// <param name="shots">Asked in turn.</param>
    /// <exception cref="StageException">One was not answered with 200.</exception>
    public static async Task<SlowReaders> OpenAsync(string address, IReadOnlyList<Shot> shots, int count)
    {
        SlowReaders readers = new();
        try
        {
            Uri server = new(address);
            for (int i = 0; i < count; i++)
            {
                readers._sockets.Add(await OpenAsync(server, shots[i % shots.Count]));
            }

            readers._reading = Task.Run(readers.ReadAsync);
            return readers;
        }
        catch
        {
            await readers.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        foreach (Socket socket in _sockets)
        {
            socket.Dispose();
        }

        _stop.Dispose();
    }

    private static async Task<Socket> OpenAsync(Uri server, Shot shot)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = Buffer,
            NoDelay = true,
        };
        await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        StringBuilder request = new();
        request.Append(
            CultureInfo.InvariantCulture,
            $"{shot.Method} {shot.Path} HTTP/1.1\r\nHost: {server.Authority}\r\n"
        );
        foreach ((string name, string value) in shot.Headers)
        {
            request.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        await socket.SendAsync(Encoding.ASCII.GetBytes(request.Append("\r\n").ToString()));
        byte[] head = new byte[12];
        int read = await socket.ReceiveAsync(head);
        string status = Encoding.ASCII.GetString(head, 0, read);
        return status == "HTTP/1.1 200" ? socket : throw new StageException($"A long answer began with {status}.");
    }

    /// <summary>Each socket once a second, spread over it.</summary>
    private async Task ReadAsync()
    {
        byte[] portion = new byte[Rate];
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1.0 / Turns), TimeProvider.System);
        for (int turn = 0; !_stop.IsCancellationRequested; turn++)
        {
            for (int i = turn % Turns; i < _sockets.Count; i += Turns)
            {
                if (_sockets[i].Available > 0)
                {
                    Interlocked.Add(ref _read, _sockets[i].Receive(portion));
                }
                else if (_sockets[i].Poll(0, SelectMode.SelectRead))
                {
                    _sockets[i].Close(); // the server ended it
                }
            }

            try
            {
                await timer.WaitForNextTickAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
