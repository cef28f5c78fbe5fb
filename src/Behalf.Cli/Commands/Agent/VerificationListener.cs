using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using System.Web;

namespace Behalf.Cli.Commands.Agent;

/// <summary>
/// The verification URL of a command: one path on a loopback port of its own, reached by the browser of the person at
/// this machine. It takes an <c>auth_request_id</c> only with the random state this command put into the link, and only
/// under its own host name (no other site can be resolved to it).
/// </summary>
internal sealed class VerificationListener : IAsyncDisposable
{
    private const string Path = "/authorized";
    private const int LongestHead = 16 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<Arrival> _arrivals = Channel.CreateBounded<Arrival>(1);
    private readonly string _host;
    private readonly TimeProvider _clock;
    private readonly ConcurrentQueue<Arrival> _handed = new();
    private readonly Task _accepting;

    private VerificationListener(TcpListener listener, TimeProvider clock)
    {
        _listener = listener;
        _clock = clock;
        _host = $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        Url = new Uri($"http://{_host}{Path}");
        State = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        _accepting = AcceptAsync();
    }

    public Uri Url { get; }

    /// <value>256 bits; goes into the link request and must come back.</value>
    public string State { get; }

    public static VerificationListener Start(TimeProvider clock)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new VerificationListener(listener, clock);
    }

    /// <summary>The next browser that comes back with our state.</summary>
    public ValueTask<Arrival> NextAsync(CancellationToken cancellationToken) =>
        _arrivals.Reader.ReadAsync(cancellationToken);

    /// <remarks>Ends the listening and tells every browser that still waits; a second call does nothing.</remarks>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }
        await _stop.CancelAsync();
        _listener.Stop();
        foreach (var arrival in _handed)
        {
            arrival.Refuse("The command that waited for this has ended. Nothing was connected by this page.");
        }
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var browser = await _listener.AcceptTcpClientAsync(_stop.Token);
                serving.RemoveAll(task => task.IsCompleted);
                serving.Add(ServeAsync(browser));
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(serving); // the command ends; answers under way go out
        }
    }

    private async Task ServeAsync(TcpClient browser)
    {
        using (browser)
        {
            try
            {
                var stream = browser.GetStream();
                var target = await ReadTargetAsync(stream);
                await (target is null ? Page.NotFound : await AnswerAsync(target)).WriteAsync(stream);
            }
            catch (Exception failure) when (failure is IOException or OperationCanceledException)
            {
                // The browser left or said nothing: another connection may still bring the answer.
                browser.Close();
            }
        }
    }

    private async Task<Page> AnswerAsync(Uri target)
    {
        if (target.AbsolutePath != Path)
        {
            return Page.NotFound;
        }
        var query = HttpUtility.ParseQueryString(target.Query);
        if (!IsOurState(query["state"]))
        {
            return Page.Foreign;
        }
        var arrival = new Arrival(query["auth_request_id"], query["error"]);
        if (arrival is { AuthRequestId: null, Error: null } || !_arrivals.Writer.TryWrite(arrival))
        {
            return Page.Foreign;
        }
        _handed.Enqueue(arrival);
        if (_stop.IsCancellationRequested)
        {
            return Page.Foreign;
        }
        return await arrival.AnsweredAsync();
    }

    private bool IsOurState(string? state) =>
        state is not null
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(state), Encoding.UTF8.GetBytes(State));

    /// <returns>Null for anything but a GET for our own host.</returns>
    private async Task<Uri?> ReadTargetAsync(NetworkStream stream)
    {
        using var patience = new CancellationTokenSource(Patience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        var head = new byte[LongestHead];
        var length = 0;
        while (head.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            var read = length < head.Length ? await stream.ReadAsync(head.AsMemory(length), either.Token) : 0;
            if (read == 0)
            {
                return null;
            }
            length += read;
        }
        var lines = Encoding.Latin1.GetString(head, 0, length).Split("\r\n");
        var isOurHost =
            lines.Skip(1).Where(line => line.StartsWith("Host:", StringComparison.OrdinalIgnoreCase)).ToArray()
                is [var host]
            && host["Host:".Length..].Trim() == _host;
        return
            isOurHost
            && lines[0].Split(' ') is ["GET", ['/', ..] path, "HTTP/1.1" or "HTTP/1.0"]
            && Uri.TryCreate($"http://{_host}{path}", UriKind.Absolute, out var target)
            ? target
            : null;
    }
}
