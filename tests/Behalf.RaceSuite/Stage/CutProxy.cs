using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Behalf.RaceSuite.Stage;

/// <summary>
/// The network between one node and its database. While it is cut nothing passes and nobody is told, as with a pulled
/// cable; mended, connections that were under way are gone.
/// </summary>
internal sealed class CutProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<TcpClient, byte> _open = new();
    private readonly int _target;
    private readonly Task _accepting;
    private volatile TaskCompletionSource? _cut;

    public CutProxy(int target)
    {
        _target = target;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = Task.Run(AcceptAsync);
    }

    public int Port { get; }

    public void Cut() => _cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Mend()
    {
        TaskCompletionSource? cut = _cut;
        _cut = null;
        foreach (TcpClient client in _open.Keys)
        {
            client.Dispose();
        }

        cut?.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        Mend();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                _ = ServeAsync(client);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient server = new();
        using (client)
        {
            _open[client] = 0;
            _open[server] = 0;
            try
            {
                await PassableAsync();
                client.NoDelay = server.NoDelay = true;
                await server.ConnectAsync(IPAddress.Loopback, _target, _stopping.Token);
                await Task.WhenAny(
                    PumpAsync(client.GetStream(), server.GetStream()),
                    PumpAsync(server.GetStream(), client.GetStream())
                );
            }
            catch (Exception e)
                when (e
                        is OperationCanceledException
                            or SocketException
                            or IOException
                            or ObjectDisposedException
                            or InvalidOperationException
                )
            {
                // One side is gone: both are.
            }
            finally
            {
                _open.TryRemove(client, out _);
                _open.TryRemove(server, out _);
            }
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to)
    {
        byte[] buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, _stopping.Token) is > 0 and var read)
            {
                await PassableAsync();
                await to.WriteAsync(buffer.AsMemory(0, read), _stopping.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // As above.
        }
    }

    private Task PassableAsync() => _cut?.Task ?? Task.CompletedTask;
}
