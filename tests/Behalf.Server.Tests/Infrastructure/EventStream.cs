using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>An answer that stays open: its events as they come.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Channel<JsonElement> _events = Channel.CreateUnbounded<JsonElement>();
    private readonly ConcurrentQueue<string> _comments = new();
    private readonly HttpResponseMessage _response;
    private readonly Task _reading;

    private EventStream(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _reading = ReadAsync(body);
    }

    public HttpResponseHeaders Headers => _response.Headers;

    /// <value>Lines that are no event, which keep the stream alive.</value>
    public IReadOnlyCollection<string> Comments => _comments;

    public static async Task<EventStream> OpenAsync(HttpClient http, HttpRequestMessage request)
    {
        HttpResponseMessage response = await http.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        Stream body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        ((int)response.StatusCode).Should().Be(200);
        response.Content.Headers.ContentType!.MediaType.Should().Be("text/event-stream");
        return new EventStream(response, body);
    }

    /// <summary>The next event, for which the server's clock need not go on.</summary>
    public async Task<JsonElement> NextAsync()
    {
        JsonElement next = default;
        await Eventually.HoldsAsync(() => TryNext(out next), "the next event is there");
        return next;
    }

    /// <summary>The next event, which has to come within the next second of the server's clock.</summary>
    public async Task<JsonElement> NextAsync(FakeTimeProvider clock)
    {
        JsonElement next = default;
        await WithinASecondAsync(clock, () => TryNext(out next), "the next event is there");
        return next;
    }

    /// <summary>The server ends it within the next second of its clock.</summary>
    public Task EndAsync(FakeTimeProvider clock) =>
        WithinASecondAsync(clock, () => _reading.IsCompleted, "the stream is ended");

    public IReadOnlyList<JsonElement> Rest()
    {
        List<JsonElement> rest = [];
        while (_events.Reader.TryRead(out JsonElement next))
        {
            rest.Add(next);
        }

        return rest;
    }

    public async ValueTask DisposeAsync()
    {
        _response.Dispose();
        await _reading;
    }

    private bool TryNext(out JsonElement next)
    {
        bool isOver = _reading.IsCompleted;
        if (_events.Reader.TryRead(out next))
        {
            return true;
        }

        isOver.Should().BeFalse("the stream must not end before");
        return false;
    }

    /// <summary>
    /// The server's timer may begin a moment after the stream: then the first second passes before it, and the next one is
    /// its first.
    /// </summary>
    private static async Task WithinASecondAsync(FakeTimeProvider clock, Func<bool> condition, string what)
    {
        clock.Advance(Second);
        if (!await Eventually.HappensAsync(() => Task.FromResult(condition()), Patience))
        {
            clock.Advance(Second);
            await Eventually.HoldsAsync(condition, what);
        }
    }

    private async Task ReadAsync(Stream body)
    {
        try
        {
            using StreamReader reader = new(body);
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    _events.Writer.TryWrite(JsonDocument.Parse(line[6..]).RootElement);
                }
                else if (line.StartsWith(": ", StringComparison.Ordinal))
                {
                    _comments.Enqueue(line[2..]);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // the test has closed it, or the server has cut it off
        }
    }
}
