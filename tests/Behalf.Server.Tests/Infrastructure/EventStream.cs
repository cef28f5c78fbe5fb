using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>An answer that stays open: its events as they come.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<JsonElement> _events = Channel.CreateUnbounded<JsonElement>();
    private readonly HttpResponseMessage _response;
    private readonly Task _reading;

    private EventStream(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _reading = ReadAsync(body);
    }

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

    /// <summary>The next event, while the clock goes on by seconds.</summary>
    public async Task<JsonElement> NextAsync(FakeTimeProvider clock)
    {
        using CancellationTokenSource patience = new(Patience);
        JsonElement next;
        while (!_events.Reader.TryRead(out next))
        {
            _reading.IsCompleted.Should().BeFalse("the stream must not end before");
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }

        return next;
    }

    /// <summary>Whether the server ends it, while the clock goes on by seconds.</summary>
    public async Task EndAsync(FakeTimeProvider clock)
    {
        using CancellationTokenSource patience = new(Patience);
        while (!_reading.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }
    }

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
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // the test has closed it, or the server has cut it off
        }
    }
}
