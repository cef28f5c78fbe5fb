using System.Net.Sockets;
using System.Text;
using Behalf.Egress;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Tests.Egress;

public sealed class StreamTests
{
    private const string Token = "the-token-that-was-sent";

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Stream_GivesEachPiece_BeforeTheNextIsSent()
    {
        TaskCompletionSource read = new();
        await using RawServer server = RawServer.Start(
            async (stream, _) =>
            {
                await WriteAsync(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                await WriteAsync(stream, "9\r\nevent: 1\n\r\n");
                await read.Task;
                await WriteAsync(stream, "9\r\nevent: 2\n\r\n0\r\n\r\n");
            }
        );
        using Door door = new(server);
        await using EgressStream answer = await OpenAsync(door, Door.Get(server));
        byte[] buffer = new byte[100];

        int first = await answer.Body.ReadAsync(buffer, TestContext.Current.CancellationToken);
        Encoding.UTF8.GetString(buffer, 0, first).Should().Be("event: 1\n");
        read.SetResult();
        (await RestAsync(answer)).Should().Be("event: 2\n");
    }

    [Fact]
    public async Task Stream_ScrubsTheCredential_AcrossPieces()
    {
        await using RawServer server = RawServer.Start(
            async (stream, _) =>
            {
                await WriteAsync(stream, $"HTTP/1.1 302 Found\r\nLocation: /x?t={Token}\r\nContent-Length: 31\r\n\r\n");
                foreach (string piece in (string[])["you ", Token[..3], Token[3..^2], Token[^2..], "!!!!"])
                {
                    await WriteAsync(stream, piece);
                }
            }
        );
        using Door door = new(server);
        await using EgressStream answer = await OpenAsync(
            door,
            Door.Get(server) with
            {
                Credential = new EgressCredential("Authorization", "Bearer ", Secret.FromText(Token)),
            }
        );

        answer.Status.Should().Be(302);
        answer.Headers.Should().Contain(KeyValuePair.Create("Location", "/x?t=[redacted]"));
        (await RestAsync(answer)).Should().Be("you [redacted]!!!!");
        server.Requests.Should().ContainSingle("a redirect is given on, not followed");
    }

    [Fact]
    public async Task Length_IsThatOfTheScrubbedAnswer_WhereAShortOneIsAnnounced()
    {
        await using RawServer server = RawServer.Answering("200 OK", Encoding.ASCII.GetBytes($"<{Token}>"));
        using Door door = new(server);
        await using EgressStream answer = await OpenAsync(
            door,
            Door.Get(server) with
            {
                Credential = new EgressCredential("Authorization", "Bearer ", Secret.FromText(Token)),
            }
        );

        long? length = await answer.LengthAsync(TestContext.Current.CancellationToken);

        string body = await RestAsync(answer);
        body.Should().Be("<[redacted]>");
        length.Should().Be(body.Length);
    }

    [Fact]
    public async Task Length_Breaks_WhenTheAnswerIsShorterThanAnnounced()
    {
        await using RawServer server = RawServer.Start(
            async (stream, _) => await WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
        );
        using Door door = new(server);
        await using EgressStream answer = await OpenAsync(door, Door.Get(server));

        Func<Task> asking = async () => await answer.LengthAsync(TestContext.Current.CancellationToken);

        await asking.Should().ThrowAsync<EgressBrokenException>();
    }

    [Fact]
    public async Task Length_IsNotWaitedFor_WhereNoneIsAnnounced()
    {
        TaskCompletionSource read = new();
        await using RawServer server = RawServer.Start(
            async (stream, _) =>
            {
                await WriteAsync(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                await read.Task;
                await WriteAsync(stream, "4\r\nrest\r\n0\r\n\r\n");
            }
        );
        using Door door = new(server);
        await using EgressStream answer = await OpenAsync(door, Door.Get(server));

        (await answer.LengthAsync(TestContext.Current.CancellationToken)).Should().BeNull();
        read.SetResult();
        (await RestAsync(answer)).Should().Be("rest");
    }

    [Fact]
    public async Task Stream_KeepsEveryValue_ButNoCookie()
    {
        await using RawServer server = RawServer.Answering(
            "200 OK\r\nLink: <a>\r\nLink: <b>\r\nSet-Cookie: a=b\r\nSet-Cookie2: c=d",
            []
        );
        using Door door = new(server);
        await using EgressStream answer = await OpenAsync(door, Door.Get(server));

        answer.Headers.Where(h => h.Key == "Link").Select(h => h.Value).Should().Equal("<a>", "<b>");
        answer.Headers.Should().NotContain(h => h.Key.StartsWith("Set-Cookie"));
    }

    [Fact]
    public async Task Stream_Breaks_WhenTheProviderDies()
    {
        await using RawServer server = RawServer.Start(
            async (stream, _) =>
            {
                await WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart");
                stream.Close();
            }
        );
        using Door door = new(server);
        await using EgressStream answer = await OpenAsync(door, Door.Get(server));

        await BreaksAsync(answer, EgressFailure.Interrupted);
    }

    [Fact]
    public async Task Stream_Breaks_WhenItStandsStill()
    {
        TaskCompletionSource over = new();
        await using RawServer server = RawServer.Start(
            async (stream, _) =>
            {
                await WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart");
                await over.Task;
            }
        );
        using Door door = new(server, services => services.AddSingleton<TimeProvider>(_time));
        await using EgressStream answer = await OpenAsync(
            door,
            Door.Get(server) with
            {
                Timeout = TimeSpan.FromDays(1),
            }
        );

        Task broken = BreaksAsync(answer, EgressFailure.TimedOut);
        while (!broken.IsCompleted)
        {
            // Again and again: the read that stands still may not have begun yet.
            _time.Advance(TimeSpan.FromSeconds(61));
            await Task.WhenAny(
                broken,
                Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken)
            );
        }

        over.SetResult();
        await broken;
    }

    [Fact]
    public async Task Stream_Breaks_WhenTheAnswerIsTooLarge()
    {
        await using RawServer server = RawServer.Start(
            async (stream, _) =>
            {
                await WriteAsync(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
                for (int i = 0; i < 100; i++)
                {
                    await WriteAsync(stream, new string(' ', 1000));
                }

                stream.Close();
            }
        );
        using Door door = new(server);
        await using EgressStream answer = await OpenAsync(door, Door.Get(server) with { MaxResponseBytes = 50_000 });

        await BreaksAsync(answer, EgressFailure.TooLarge);
    }

    [Fact]
    public async Task Stream_IsRefused_WhenItsEncodingCouldHideACredential()
    {
        await using RawServer server = RawServer.Answering("200 OK\r\nContent-Encoding: zstd", "xxxx"u8.ToArray());
        using Door door = new(server);

        EgressOutcome outcome = await door.Egress.StreamAsync(Door.Get(server), TestContext.Current.CancellationToken);

        outcome.Should().BeOfType<EgressOutcome.Failed>();
    }

    private static async Task<EgressStream> OpenAsync(Door door, EgressRequest request) =>
        (await door.Egress.StreamAsync(request, TestContext.Current.CancellationToken))
            .Should()
            .BeOfType<EgressOutcome.Streaming>()
            .Subject.Answer;

    private static async Task<string> RestAsync(EgressStream answer)
    {
        using StreamReader reader = new(answer.Body, leaveOpen: true);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    private static async Task BreaksAsync(EgressStream answer, EgressFailure failure)
    {
        Func<Task> reading = () => answer.Body.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        (await reading.Should().ThrowAsync<EgressBrokenException>()).Which.Failure.Should().Be(failure);
    }

    private static async Task WriteAsync(NetworkStream stream, string text)
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        await stream.FlushAsync();
    }
}
