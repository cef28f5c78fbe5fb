using System.Net.Http.Headers;
using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Behalf.Server.Tests;

/// <summary>Bodies through the proxy: in pieces, bounded, and with an honest end.</summary>
public sealed class ProxyStreamTests(Stage stage) : IClassFixture<Stage>, IAsyncLifetime
{
    private const int Megabyte = 1024 * 1024;
    private const int Size = 50 * Megabyte;

    /// <value>What may be on its way at once: pipes and sockets on both sides of us, and nothing of ours beside it.</value>
    private const int MostInFlight = 16 * Megabyte;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await stage.ConnectAsync("alice");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Download_OfFiftyMebibytes_IsNotGathered()
    {
        long sent = 0;
        stage.Provider.Api = async context =>
        {
            byte[] block = new byte[64 * 1024];
            while (sent < Size)
            {
                await context.Response.Body.WriteAsync(block, Cancellation);
                Interlocked.Add(ref sent, block.Length);
            }
        };
        using HttpResponseMessage response = await new ProxyCall(stage).OpenAsync();
        await using Stream body = await response.Content.ReadAsStreamAsync(Cancellation);
        byte[] buffer = new byte[64 * 1024];
        long received = 0;
        long most = 0;
        for (int read; (read = await body.ReadAsync(buffer, Cancellation)) > 0; received += read)
        {
            most = Math.Max(most, Interlocked.Read(ref sent) - received);
            if (received < 20 * Megabyte && received % (2 * Megabyte) < read)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation); // time for whoever gathers to gather
            }
        }

        received.Should().Be(Size);
        most.Should().BeLessThan(MostInFlight);
    }

    [Fact]
    public async Task Upload_OfFiftyMebibytes_IsNotGathered()
    {
        long received = 0;
        stage.Provider.Api = async context =>
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
            byte[] buffer = new byte[64 * 1024];
            for (int read; (read = await context.Request.Body.ReadAsync(buffer, Cancellation)) > 0; )
            {
                Interlocked.Add(ref received, read);
            }

            await context.Response.WriteAsync($"{received}");
        };
        Produced produced = new(Size, () => Interlocked.Read(ref received));

        Reply reply = await new ProxyCall(stage)
        {
            Method = HttpMethod.Post,
            Path = "/things",
            Content = produced,
        }.SendAsync();

        reply.Body.Should().Be($"{Size}");
        produced.MostInFlight.Should().BeLessThan(MostInFlight);
    }

    [Fact]
    public async Task Credential_IsScrubbed_WhereverThePiecesAreCut()
    {
        for (int cut = 1; cut < 60; cut += 7)
        {
            int at = cut;
            stage.Provider.Api = async context =>
            {
                string echo = context.Request.Headers.Authorization.ToString();
                await context.Response.WriteAsync($"[{echo[..Math.Min(at, echo.Length)]}");
                await context.Response.Body.FlushAsync(Cancellation);
                await Task.Yield();
                await context.Response.WriteAsync($"{echo[Math.Min(at, echo.Length)..]}]");
            };

            (await new ProxyCall(stage).SendAsync()).Body.Should().Be("[Bearer [redacted]]");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    public async Task ShortAnswer_HasTheLength_ThatScrubbingLeftOfIt(int echoes)
    {
        stage.Provider.Api = async context =>
        {
            string answer = string.Concat(Enumerable.Repeat($"{context.Request.Headers.Authorization} ", echoes));
            context.Response.ContentLength = answer.Length;
            await context.Response.WriteAsync(answer);
        };

        using HttpResponseMessage response = await new ProxyCall(stage).OpenAsync();
        string body = await response.Content.ReadAsStringAsync(Cancellation);

        body.Should().Be(string.Concat(Enumerable.Repeat("Bearer [redacted] ", echoes)));
        if (echoes == 1)
        {
            response.Content.Headers.ContentLength.Should().Be(body.Length);
        }
        else
        {
            response.Headers.TransferEncodingChunked.Should().BeTrue("a long answer is not waited for");
        }
    }

    [Theory]
    [InlineData("HEAD", 200, "200")]
    [InlineData("GET", 304, null)]
    [InlineData("GET", 204, null)]
    public async Task AnswerWithoutABody_HasNoLengthOfOurs(string method, int status, string? length)
    {
        stage.Provider.Api = context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentLength = status == 204 ? null : 200;
            return Task.CompletedTask;
        };

        using HttpResponseMessage response = await new ProxyCall(stage) { Method = new HttpMethod(method) }.OpenAsync();

        ((int)response.StatusCode).Should().Be(status);
        response.Content.Headers.NonValidated.TryGetValues("Content-Length", out HeaderStringValues told);
        (told.Count == 0 ? null : told.ToString()).Should().Be(length);
    }

    [Fact]
    public async Task ShortAnswer_ThatIsShorterThanAnnounced_IsBrokenOff_AndTheTrailSaysSo()
    {
        stage.Provider.Api = async context =>
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("part");
        };

        Func<Task> calling = () =>
            new ProxyCall(stage) { Headers = [("behalf-agent-run-id", "run-short")] }.SendAsync();

        await calling.Should().ThrowAsync<HttpRequestException>();
        (await EndOfAsync("run-short")).Should().Be("provider_error");
    }

    [Fact]
    public async Task Events_PassAsTheyCome()
    {
        TaskCompletionSource read = new();
        stage.Provider.Api = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync(Cancellation);
            await read.Task.WaitAsync(Cancellation);
            await context.Response.WriteAsync("data: 2\n\n");
        };
        using HttpResponseMessage response = await new ProxyCall(stage).OpenAsync();
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(Cancellation));

        (await reader.ReadLineAsync(Cancellation)).Should().Be("data: 1");
        read.SetResult();
        (await reader.ReadToEndAsync(Cancellation)).Should().Be("\ndata: 2\n\n");
    }

    [Fact]
    public async Task ProviderThatDies_BreaksTheAnswerOff_AndTheTrailSaysSo()
    {
        TaskCompletionSource read = new();
        stage.Provider.Api = async context =>
        {
            await context.Response.WriteAsync("part");
            await context.Response.Body.FlushAsync(Cancellation);
            await read.Task.WaitAsync(Cancellation);
            context.Abort();
        };

        Func<Task> reading = async () =>
        {
            using HttpResponseMessage response = await new ProxyCall(stage)
            {
                Headers = [("behalf-agent-run-id", "run-dies")],
            }.OpenAsync();
            response.StatusCode.Should().Be(System.Net.HttpStatusCode.OK);
            read.SetResult();
            await response.Content.ReadAsStringAsync(Cancellation);
        };

        await reading.Should().ThrowAsync<HttpRequestException>();
        (await EndOfAsync("run-dies")).Should().Be("provider_error");
    }

    [Fact]
    public async Task CallerThatLeavesARead_EndsIt_AndTheTrailSaysSo()
    {
        TaskCompletionSource gone = new();
        stage.Provider.Api = async context =>
        {
            context.RequestAborted.Register(() => gone.TrySetResult());
            await context.Response.WriteAsync("part");
            await context.Response.Body.FlushAsync(Cancellation);
            await gone.Task.WaitAsync(Cancellation);
        };
        HttpResponseMessage response = await new ProxyCall(stage)
        {
            Headers = [("behalf-agent-run-id", "run-left")],
        }.OpenAsync();

        response.Dispose();

        await gone.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        (await EndOfAsync("run-left")).Should().Be("cancelled");
    }

    [Fact]
    public async Task CallerThatLeavesAWrite_DoesNotCutItShort()
    {
        TaskCompletionSource arrived = new();
        TaskCompletionSource answer = new();
        stage.Provider.Api = async context =>
        {
            arrived.SetResult();
            await answer.Task.WaitAsync(Cancellation);
            context.Response.StatusCode = 201;
        };
        using CancellationTokenSource leaving = new();
        Task<HttpResponseMessage> sending = new ProxyCall(stage)
        {
            Method = HttpMethod.Post,
            Path = "/things",
            Content = new StringContent("{}"),
            Headers = [("behalf-agent-run-id", "run-write-left")],
        }.OpenAsync(leaving.Token);
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        await leaving.CancelAsync();
        await sending.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
        answer.SetResult();

        (await EndOfAsync("run-write-left")).Should().Be("success");
    }

    [Fact]
    public async Task Body_LargerThanAllowed_IsRefusedBeforeAnythingIsSent()
    {
        int requests = 0;
        stage.Provider.Api = context =>
        {
            Interlocked.Increment(ref requests);
            return Task.CompletedTask;
        };
        await using RawConnection raw = await RawConnection.OpenAsync(stage.Server);

        string answer = await raw.SendAsync(
            $"POST /proxy/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {stage.Server.ServiceToken}\r\n"
                + $"connection_name: tracker\r\nidentifier: alice\r\nContent-Length: {1L << 40}\r\nConnection: close\r\n\r\n"
        );

        answer.Should().Contain(" 400 ").And.Contain("body_too_large");
        requests.Should().Be(0);
    }

    /// <returns>The outcome of the run's completion, once it is there.</returns>
    private async Task<string> EndOfAsync(string run)
    {
        JsonElement last = default;
        await Eventually.HoldsAsync(
            async () =>
            {
                last = (await stage.AuditAsync($"agent_run_id={run}")).LastOrDefault();
                return last.ValueKind != JsonValueKind.Undefined
                    && last.GetProperty("kind").GetString() == "completion";
            },
            "the call is completed"
        );
        return last.GetProperty("outcome").GetString()!;
    }

    /// <summary>A body made while it is sent.</summary>
    private sealed class Produced(int size, Func<long> received) : HttpContent
    {
        public long MostInFlight { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            byte[] block = new byte[64 * 1024];
            for (long sent = 0; sent < size; sent += block.Length)
            {
                await stream.WriteAsync(block, Cancellation);
                MostInFlight = Math.Max(MostInFlight, sent - received());
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = size;
            return true;
        }
    }
}
