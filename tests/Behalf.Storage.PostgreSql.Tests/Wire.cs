using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Behalf.Storage.PostgreSql.Tests;

/// <summary>What is between a node and its database. It counts round trips, and can be cut at what is sent.</summary>
internal sealed class Wire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<Task> _sessions = [];
    private readonly int _target;
    private readonly Task _accepting;
    private Cut? _cut;
    private int _trips;

    public Wire(int target)
    {
        _target = target;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = Task.Run(AcceptAsync);
    }

    public int Port { get; }

    /// <value>How often somebody sent something after an answer, on any connection.</value>
    public int Trips => Volatile.Read(ref _trips);

    /// <summary>The connection that next sends this text is closed, once, and nobody is told why.</summary>
    public void CutAt(string text, When when) =>
        Volatile.Write(ref _cut, new Cut(System.Text.Encoding.UTF8.GetBytes(text), when));

    /// <value>True: every new connection is closed at once, until this is false again.</value>
    public bool IsDown { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_sessions);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                TcpClient node = await _listener.AcceptTcpClientAsync(_stopping.Token);
                _sessions.Add(ServeAsync(node));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient node)
    {
        using (node)
        {
            if (IsDown)
            {
                return;
            }

            using TcpClient database = new() { NoDelay = true };
            node.NoDelay = true;
            using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            Session session = new();
            try
            {
                await database.ConnectAsync(IPAddress.Loopback, _target, ending.Token);
                await Task.WhenAny(
                    SendAsync(session, node.GetStream(), database.GetStream(), ending.Token),
                    AnswerAsync(session, database.GetStream(), node.GetStream(), ending.Token)
                );
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // It is over.
            }

            await ending.CancelAsync();
        }
    }

    private async Task SendAsync(Session session, NetworkStream from, NetworkStream to, CancellationToken ending)
    {
        byte[] buffer = new byte[256 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, ending) is > 0 and var read)
            {
                if (Interlocked.Exchange(ref session.IsAnswered, 0) == 1)
                {
                    Interlocked.Increment(ref _trips);
                }

                if (
                    Volatile.Read(ref _cut) is { } cut
                    && buffer.AsSpan(0, read).IndexOf(cut.Text) >= 0
                    && Interlocked.CompareExchange(ref _cut, null, cut) == cut
                )
                {
                    if (cut.When == When.BeforeItArrives)
                    {
                        return;
                    }

                    session.EndsWithAnswer = true;
                    if (cut.When == When.WhileItIsCarriedOut)
                    {
                        from.Close();
                    }
                }

                await to.WriteAsync(buffer.AsMemory(0, read), ending);
                if (session.EndsWithAnswer && !from.Socket.Connected)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ending);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private static async Task AnswerAsync(
        Session session,
        NetworkStream from,
        NetworkStream to,
        CancellationToken ending
    )
    {
        byte[] buffer = new byte[256 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, ending) is > 0 and var read)
            {
                if (session.EndsWithAnswer)
                {
                    return;
                }

                Interlocked.Exchange(ref session.IsAnswered, 1);
                await to.WriteAsync(buffer.AsMemory(0, read), ending);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    internal enum When
    {
        BeforeItArrives = 1,

        /// <summary>The node's end; the database hears nothing of it before it answers.</summary>
        WhileItIsCarriedOut = 2,

        OnceItIsAnswered = 3,
    }

    private sealed record Cut(byte[] Text, When When);

    private sealed class Session
    {
        public int IsAnswered = 1;

        public volatile bool EndsWithAnswer;
    }
}
