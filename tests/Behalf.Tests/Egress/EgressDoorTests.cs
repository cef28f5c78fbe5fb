using System.IO.Compression;
using System.Net;
using System.Text;
using Behalf.Egress;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Tests.Egress;

public sealed class EgressDoorTests
{
    private static readonly byte[] Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray();

    [Fact]
    public async Task Send_GivesStatusHeadersAndBody()
    {
        await using RawServer server = RawServer.Answering(
            "404 Not Found\r\nX-Id: 7\r\nContent-Type: application/json",
            "{\"a\":1}"u8.ToArray()
        );
        using Door door = new(server);

        EgressOutcome.Answered answer = await door.AnswerAsync(
            Door.Get(server, "/api/tasks?limit=2") with
            {
                Headers = [new("Accept", "application/json")],
                Credential = new EgressCredential("Authorization", "Bearer ", Secret.FromText("the-token-itself")),
            }
        );

        answer.Status.Should().Be(404);
        answer.Headers["x-id"].Should().Be("7");
        answer.Headers["Content-Type"].Should().Be("application/json");
        Encoding.UTF8.GetString(answer.Body).Should().Be("{\"a\":1}");
        server
            .Requests.Should()
            .ContainSingle()
            .Which.Should()
            .StartWith("GET /api/tasks?limit=2 HTTP/1.1\r\n")
            .And.Contain("Accept: application/json\r\n")
            .And.Contain("Authorization: Bearer the-token-itself\r\n")
            .And.NotContain("traceparent");
    }

    [Fact]
    public async Task Send_FollowsNoRedirect()
    {
        await using RawServer other = RawServer.Answering("200 OK", []);
        await using RawServer server = RawServer.Answering($"307 Moved\r\nLocation: {other.Origin}", []);
        using Door door = new([server.Origin, other.Origin]);

        EgressOutcome.Answered answer = await door.AnswerAsync(Door.Get(server));

        answer.Status.Should().Be(307);
        other.Connections.Should().Be(0);
    }

    [Fact]
    public async Task Send_KeepsNoCookies()
    {
        await using RawServer server = RawServer.Answering("200 OK\r\nSet-Cookie: session=alice", []);
        using Door door = new(server);

        EgressOutcome.Answered first = await door.AnswerAsync(Door.Get(server));
        await door.AnswerAsync(Door.Get(server));

        first.Headers.Keys.Should().NotContain("Set-Cookie");
        server.Requests.Should().HaveCount(2).And.NotContain(request => request.Contains("session=alice"));
    }

    [Theory]
    [InlineData("https://evil.example.com/")]
    [InlineData("//evil.example.com/")]
    [InlineData("https://api.example.com:444/")]
    [InlineData("http://api.example.com/")]
    [InlineData("https://api.example.com@evil.example.com/")]
    [InlineData("https://user@api.example.com/")]
    [InlineData("https://api.example.com./")]
    [InlineData("https://api.example.com/#fragment")]
    public async Task Send_StaysOnTheCredentialsOrigin(string uri)
    {
        using Door door = new([], services => services.AddSingleton<IEgressTransport>(new Throwing()));
        Uri origin = new("https://api.example.com");

        EgressOutcome.Failed failed = await door.FailAsync(Door.Request(origin) with { Uri = new Uri(origin, uri) });

        failed.Failure.Should().Be(EgressFailure.Refused);
        failed.MayHaveBeenSent.Should().BeFalse();
    }

    [Theory]
    [InlineData("Host", "evil.example.com")]
    [InlineData("authorization", "Bearer x")]
    [InlineData("Cookie", "a=b")]
    [InlineData("X-Forwarded-For", "10.0.0.1")]
    [InlineData("Forwarded", "for=10.0.0.1")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("Content-Length", "0")]
    [InlineData("Connection", "close")]
    [InlineData("Proxy-Authorization", "Basic x")]
    [InlineData("X-Api-Key", "other")]
    [InlineData("X-Note", "a\r\nX-Injected: 1")]
    [InlineData("X-Note", "a\nb")]
    [InlineData("X-Note", "a\0b")]
    [InlineData("X-Note", "grün")]
    [InlineData("X Note", "a")]
    [InlineData("X-Note\r\nX-Injected", "a")]
    [InlineData("", "a")]
    public async Task Send_RefusesHeaders_ThatARequestMayNotSet(string name, string value)
    {
        using Door door = new([], services => services.AddSingleton<IEgressTransport>(new Throwing()));

        EgressOutcome.Failed failed = await door.FailAsync(
            Door.Request(new Uri("https://api.example.com")) with
            {
                Headers = [new(name, value)],
                Credential = new EgressCredential("X-Api-Key", "", Secret.FromText("the-key-itself")),
            }
        );

        failed.Failure.Should().Be(EgressFailure.Refused);
        failed.MayHaveBeenSent.Should().BeFalse();
    }

    [Fact]
    public async Task Send_RefusesACredential_ThatWouldBreakTheHeader()
    {
        using Door door = new([], services => services.AddSingleton<IEgressTransport>(new Throwing()));

        EgressOutcome.Failed failed = await door.FailAsync(
            Door.Request(new Uri("https://api.example.com")) with
            {
                Credential = new EgressCredential("Authorization", "Bearer ", Secret.FromText("abc\r\nX: secret")),
            }
        );

        failed.Failure.Should().Be(EgressFailure.Refused);
        failed.Description.Should().NotContain("abc").And.NotContain("secret");
    }

    [Fact]
    public async Task Send_RefusesPlainHttp_UnlessTheOriginIsListed()
    {
        await using RawServer server = RawServer.Answering("200 OK", []);
        using Door door = new([]);

        EgressOutcome.Failed failed = await door.FailAsync(Door.Get(server));

        failed.Failure.Should().Be(EgressFailure.Refused);
        server.Connections.Should().Be(0);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task Send_NeverSendsAWriteTwice_WhenAReusedConnectionCloses(string method)
    {
        await using RawServer server = RawServer.Start(
            async (stream, request) =>
            {
                if (request.StartsWith("GET", StringComparison.Ordinal))
                {
                    await stream.WriteAsync(Ok);
                }
                else
                {
                    stream.Close();
                }
            }
        );
        using Door door = new(server);
        await door.AnswerAsync(Door.Get(server)); // leaves a connection in the pool

        EgressOutcome.Failed failed = await door.FailAsync(Door.Get(server) with { Method = HttpMethod.Parse(method) });

        failed.Failure.Should().Be(EgressFailure.Interrupted);
        failed.MayHaveBeenSent.Should().BeTrue();
        server.Requests.Should().HaveCount(2);
        server.Requests[1].Should().StartWith(method).And.Contain("Content-Length: 0");
    }

    [Fact]
    public async Task Send_MayHaveBeenSent_WhenTheConnectionResetsAfterTheRequest()
    {
        await using RawServer server = RawServer.Start(
            (stream, _) =>
            {
                stream.Socket.LingerState = new System.Net.Sockets.LingerOption(true, 0);
                stream.Close();
                return Task.CompletedTask;
            }
        );
        using Door door = new(server);

        EgressOutcome.Failed failed = await door.FailAsync(Door.Post(server));

        failed.Failure.Should().Be(EgressFailure.Interrupted);
        failed.MayHaveBeenSent.Should().BeTrue();
        failed.Description.Should().NotContain(server.Origin.Port.ToString());
        server.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task Send_WasNotSent_WhenNobodyListens()
    {
        Uri origin;
        await using (RawServer server = RawServer.Answering("200 OK", []))
        {
            origin = server.Origin;
        }

        using Door door = new([origin]);

        EgressOutcome.Failed failed = await door.FailAsync(Door.Request(origin) with { Method = HttpMethod.Post });

        failed.Failure.Should().Be(EgressFailure.NotConnected);
        failed.MayHaveBeenSent.Should().BeFalse();
    }

    [Fact]
    public async Task Send_WasNotSent_WhenTheServersCertificateIsNotTrusted()
    {
        await using TlsServer server = TlsServer.Start();
        using Door door = new([server.Origin]);

        EgressOutcome.Failed failed = await door.FailAsync(
            Door.Request(server.Origin) with
            {
                Method = HttpMethod.Post,
            }
        );

        failed.Failure.Should().Be(EgressFailure.NotConnected);
        failed.MayHaveBeenSent.Should().BeFalse();
        failed.Description.Should().Contain("TLS");
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("GET")]
    public async Task Send_TimesOut_ByTheGivenClock(string method)
    {
        TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawServer server = RawServer.Start(
            (_, _) =>
            {
                received.TrySetResult();
                return Task.CompletedTask; // and never answers
            }
        );
        FakeTimeProvider time = new();
        using Door door = new(server, services => services.AddSingleton<TimeProvider>(time));

        Task<EgressOutcome.Failed> sending = door.FailAsync(
            Door.Get(server) with
            {
                Method = HttpMethod.Parse(method),
                Timeout = TimeSpan.FromSeconds(7),
            }
        );
        await received.Task.WaitAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(5));
        time.Advance(TimeSpan.FromSeconds(2));
        EgressOutcome.Failed failed = await sending;

        failed.Failure.Should().Be(EgressFailure.TimedOut);
        failed.MayHaveBeenSent.Should().BeTrue();
    }

    [Fact]
    public async Task Send_FindsWhatArrived_WhileTheProcessStoodStillBeyondItsTime()
    {
        TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource answers = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawServer server = RawServer.Start(
            async (stream, _) =>
            {
                received.TrySetResult();
                await answers.Task;
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray());
            }
        );
        FakeTimeProvider time = new();
        using Door door = new(server, services => services.AddSingleton<TimeProvider>(time));

        Task<EgressOutcome.Answered> sending = door.AnswerAsync(
            Door.Post(server) with
            {
                Timeout = TimeSpan.FromSeconds(7),
            }
        );
        await received.Task.WaitAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromMinutes(3)); // all at once, as a process sees it that was stopped
        answers.SetResult();

        (await sending).Status.Should().Be(200);
    }

    [Fact]
    public async Task Send_TellsWhetherItMayHaveBeenSent_WhenTheCallerLeaves()
    {
        TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawServer server = RawServer.Start(
            (_, _) =>
            {
                received.TrySetResult();
                return Task.CompletedTask;
            }
        );
        using Door door = new(server);
        using CancellationTokenSource caller = new();

        Task<EgressOutcome> sending = door.Egress.SendAsync(Door.Post(server), caller.Token);
        await received.Task.WaitAsync(TestContext.Current.CancellationToken);
        await caller.CancelAsync();

        (await sending.Invoking(task => task).Should().ThrowAsync<EgressCancelledException>())
            .Which.MayHaveBeenSent.Should()
            .BeTrue();
    }

    [Fact]
    public async Task Send_CutsAnAnswer_ThatSaysItIsTooLarge()
    {
        await using RawServer server = RawServer.Answering("200 OK", new byte[70 * 1024]);
        using Door door = new(server);

        (await door.FailAsync(Door.Get(server))).Failure.Should().Be(EgressFailure.TooLarge);
    }

    [Fact]
    public async Task Send_CutsAnAnswer_ThatNeverEnds()
    {
        await using RawServer server = RawServer.Start(
            async (stream, _) =>
            {
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"u8.ToArray());
                byte[] more = new byte[4096];
                while (true)
                {
                    await stream.WriteAsync(more);
                }
            }
        );
        using Door door = new(server);

        EgressOutcome.Failed failed = await door.FailAsync(Door.Get(server));

        failed.Failure.Should().Be(EgressFailure.TooLarge);
        failed.MayHaveBeenSent.Should().BeTrue();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task Send_CutsABomb_ByItsDecompressedSize(string encoding)
    {
        await using RawServer server = RawServer.Answering(
            $"200 OK\r\nContent-Encoding: {encoding}",
            Compress(encoding, new byte[8 * 1024 * 1024])
        );
        using Door door = new(server);

        (await door.FailAsync(Door.Get(server))).Failure.Should().Be(EgressFailure.TooLarge);
    }

    [Fact]
    public async Task Send_Decompresses_WhatFits()
    {
        await using RawServer server = RawServer.Answering(
            "200 OK\r\nContent-Encoding: gzip",
            Compress("gzip", "{\"fits\":true}"u8.ToArray())
        );
        using Door door = new(server);

        Encoding.UTF8.GetString((await door.AnswerAsync(Door.Get(server))).Body).Should().Be("{\"fits\":true}");
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("gzip, gzip")]
    [InlineData("x-rot13")]
    public async Task Send_RefusesAnAnswer_InAnEncodingThatWasNotAskedFor(string encoding)
    {
        await using RawServer server = RawServer.Answering(
            $"200 OK\r\nContent-Encoding: {encoding}",
            Compress("gzip", Compress("gzip", new byte[100]))
        );
        using Door door = new(server);

        (await door.FailAsync(Door.Get(server))).Failure.Should().Be(EgressFailure.Interrupted);
    }

    [Fact]
    public async Task Send_IsInterrupted_WhenCompressionIsDamaged()
    {
        await using RawServer server = RawServer.Answering("200 OK\r\nContent-Encoding: gzip", new byte[100]);
        using Door door = new(server);

        (await door.FailAsync(Door.Get(server))).Failure.Should().Be(EgressFailure.Interrupted);
    }

    [Fact]
    public async Task Send_IsInterrupted_WhenTheBodyEndsEarly()
    {
        await using RawServer server = RawServer.Start(
            async (stream, _) =>
            {
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"u8.ToArray());
                stream.Close();
            }
        );
        using Door door = new(server);

        EgressOutcome.Failed failed = await door.FailAsync(Door.Post(server));

        failed.Failure.Should().Be(EgressFailure.Interrupted);
        failed.MayHaveBeenSent.Should().BeTrue();
    }

    [Fact]
    public async Task Send_CutsHugeHeaders()
    {
        await using RawServer server = RawServer.Answering($"200 OK\r\nX-Huge: {new string('a', 64 * 1024)}", []);
        using Door door = new(server);

        (await door.FailAsync(Door.Get(server))).Failure.Should().Be(EgressFailure.TooLarge);
    }

    [Fact]
    public async Task Send_CutsManyHeaders()
    {
        string many = string.Concat(Enumerable.Range(0, 300).Select(i => $"\r\nX-{i}: 1"));
        await using RawServer server = RawServer.Answering("200 OK" + many, []);
        using Door door = new(server);

        (await door.FailAsync(Door.Get(server))).Failure.Should().Be(EgressFailure.TooLarge);
    }

    [Theory]
    [InlineData("\0\0\0 not http at all\r\n\r\n")]
    [InlineData("HTTP/1.1 abc\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    public async Task Send_IsInterrupted_WhenTheAnswerIsNoHttp(string answer)
    {
        await using RawServer server = RawServer.Start(
            async (stream, _) =>
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(answer));
                stream.Close();
            }
        );
        using Door door = new(server);

        (await door.FailAsync(Door.Post(server))).Failure.Should().Be(EgressFailure.Interrupted);
    }

    [Fact]
    public async Task Send_ScrubsTheCredential_WhereverTheAnswerEchoesIt()
    {
        const string token = "tok/en+with=signs&more";
        const string clientSecret = "client-secret-value";
        string echo = string.Join(
            '\n',
            token,
            Uri.EscapeDataString(token),
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"Bearer {token}")),
            System.Text.Json.JsonSerializer.Serialize(token),
            WebUtility.HtmlEncode(token),
            clientSecret
        );
        await using RawServer server = RawServer.Answering(
            $"401 Unauthorized\r\nX-Echo: {token}\r\nWWW-Authenticate: Bearer token=\"{token}\"",
            Encoding.UTF8.GetBytes(echo)
        );
        using Door door = new(server);

        EgressOutcome.Answered answer = await door.AnswerAsync(
            Door.Get(server) with
            {
                Credential = new EgressCredential("Authorization", "Bearer ", Secret.FromText(token)),
                Scrub = [Secret.FromText(clientSecret)],
            }
        );

        answer.Headers["X-Echo"].Should().Be("[redacted]");
        answer.Headers["WWW-Authenticate"].Should().Be("Bearer token=\"[redacted]\"");
        string[] lines = Encoding.UTF8.GetString(answer.Body).Split('\n');
        lines.Should().HaveCount(6).And.OnlyContain(line => line.Contains("[redacted]"));
        lines.Should().NotContain(line => line.Contains("with") || line.Contains("client"));
    }

    [Fact]
    public async Task Send_GoesThroughTheTransport_ThatATestRegistered()
    {
        using Door door = new([], services => services.AddSingleton<IEgressTransport>(new Throwing()));

        Func<Task> sending = () => door.SendAsync(Door.Request(new Uri("https://api.example.com")));

        await sending
            .Should()
            .ThrowAsync<InvalidOperationException>()
            .WithMessage("Nobody registered GET https://api.example.com/");
    }

    private static byte[] Compress(string encoding, byte[] content)
    {
        MemoryStream output = new();
        using (
            Stream compressor = encoding switch
            {
                "gzip" => new GZipStream(output, CompressionLevel.Optimal),
                "br" => new BrotliStream(output, CompressionLevel.Optimal),
                _ => new ZLibStream(output, CompressionLevel.Optimal),
            }
        )
        {
            compressor.Write(content);
        }

        return output.ToArray();
    }

    private sealed class Throwing : HttpMessageHandler, IEgressTransport
    {
        public HttpMessageHandler CreateHandler() => this;

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        ) => throw new InvalidOperationException($"Nobody registered {request.Method} {request.RequestUri}");
    }
}
