using System.Net;
using System.Net.Sockets;
using Behalf.Egress;

namespace Behalf.Tests.Egress;

public sealed class OnceContentTests
{
    // What MayHaveBeenSent rests on: the framework keeps a request's headers back until its body begins.
    [Fact]
    public async Task NothingLeaves_BeforeTheBodyBegins()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Uri origin = new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        using Door door = new([origin]);
        using WaitingContent content = new();

        Task<EgressOutcome> sending = door.SendAsync(
            Door.Request(origin) with
            {
                Method = HttpMethod.Post,
                Content = content,
                Headers = [new("X-Long", new string('a', 60 * 1024))],
            }
        );
        using TcpClient client = await listener.AcceptTcpClientAsync(cancellationToken);
        await content.Began.Task.WaitAsync(cancellationToken);
        client.Available.Should().Be(0);
        content.Release.SetResult();
        NetworkStream stream = client.GetStream();
        await stream.ReadExactlyAsync(new byte[60 * 1024], cancellationToken);
        await stream.WriteAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray(), cancellationToken);

        (await sending).Should().BeOfType<EgressOutcome.Answered>().Which.Status.Should().Be(204);
    }

    [Fact]
    public async Task SecondSending_Throws()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using OnceContent content = new(new StringContent("{}"));
        content.Started.Should().BeFalse();

        await content.CopyToAsync(Stream.Null, cancellationToken);

        content.Started.Should().BeTrue();
        await content
            .Invoking(once => once.CopyToAsync(Stream.Null, cancellationToken))
            .Should()
            .ThrowAsync<HttpRequestException>()
            .WithInnerException(typeof(IOException));
    }

    [Fact]
    public void Headers_AreThoseOfTheBody()
    {
        using StringContent body = new("{}", System.Text.Encoding.UTF8, "application/json");
        using OnceContent content = new(body);

        content.Headers.ContentType.Should().Be(body.Headers.ContentType);
        content.Headers.ContentLength.Should().Be(2);
    }

    private sealed class WaitingContent : HttpContent
    {
        public TaskCompletionSource Began { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            Began.TrySetResult();
            await Release.Task;
            await stream.WriteAsync(new byte[10]);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 10;
            return true;
        }
    }
}
