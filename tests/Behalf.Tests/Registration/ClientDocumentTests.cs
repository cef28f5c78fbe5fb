using System.Net;
using System.Text;
using Behalf.Egress;
using Behalf.Registration;
using Behalf.Tests.Audit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Tests.Registration;

/// <summary>When documents of clients are fetched, and where from.</summary>
public sealed class ClientDocumentTests : IDisposable
{
    private const string Url = "https://clients.example/client.json";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
    private readonly MemoryClientStore _store = new();
    private ServiceProvider? _services;

    [Theory]
    [InlineData("10.0.0.7")]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("8.8.8.8", "127.0.0.1")]
    public async Task ClientId_ThatResolvesInward_ConnectsNowhere(params string[] addresses)
    {
        NameServer names = new(addresses);
        IClientRegistry registry = Build(services => services.AddSingleton<INameResolver>(names));

        Result<OAuthClient> client = await ResolveAsync(registry);

        client.Problem!.Code.Should().Be("invalid_client");
        client.Problem.Message.Should().Contain("an address that is not called");
        names.Asked.Should().Equal("clients.example");
        _store.Count.Should().Be(0);
    }

    [Fact]
    public async Task SlowDocument_IsGivenUpAfterItsTime()
    {
        Web web = new(
            async (_, cancellation) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
                throw new InvalidOperationException("It never comes here.");
            }
        );
        IClientRegistry registry = Build(services => services.AddSingleton<IEgressTransport>(web));

        Task<Result<OAuthClient>> waiting = ResolveAsync(registry);
        await web.Began.Task.WaitAsync(TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromSeconds(1.9));
        waiting.IsCompleted.Should().BeFalse();
        _time.Advance(TimeSpan.FromSeconds(0.1));

        Result<OAuthClient> client = await waiting.WaitAsync(TestContext.Current.CancellationToken);
        client.Problem!.Message.Should().Contain("its host does not answer");
        _store.Count.Should().Be(0);
    }

    [Theory]
    [InlineData("max-age=0", 59, 2)]
    [InlineData("no-store", 59, 2)]
    [InlineData("no-cache, max-age=3600", 59, 2)]
    [InlineData("max-age=300", 299, 2)]
    [InlineData("max-age=999999999", 86_399, 2)]
    [InlineData("", 599, 2)]
    public async Task Document_IsKeptAsItSays_ButAMinuteAtLeastAndADayAtMost(string cacheControl, int kept, int more)
    {
        Web web = new((_, _) => Task.FromResult(Answer(cacheControl)));
        IClientRegistry registry = Build(services => services.AddSingleton<IEgressTransport>(web));
        (await ResolveAsync(registry)).Succeeded.Should().BeTrue();

        _time.Advance(TimeSpan.FromSeconds(kept));
        (await ResolveAsync(registry)).Succeeded.Should().BeTrue();
        web.Count.Should().Be(1);
        _time.Advance(TimeSpan.FromSeconds(more));
        (await ResolveAsync(registry)).Succeeded.Should().BeTrue();

        web.Count.Should().Be(2);
    }

    [Fact]
    public async Task OneFetch_ServesAllWhoAskMeanwhile()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Web web = new(
            async (_, _) =>
            {
                await gate.Task;
                return Answer("no-store");
            }
        );
        IClientRegistry registry = Build(services => services.AddSingleton<IEgressTransport>(web));

        // Each has looked into the store, found nothing and joined when its call comes back to us.
        Task<Result<OAuthClient>>[] asking = [.. Enumerable.Range(0, 10).Select(_ => ResolveAsync(registry))];
        await web.Began.Task.WaitAsync(TestContext.Current.CancellationToken);
        _store.Looks.Should().Be(10);
        asking.Should().OnlyContain(one => !one.IsCompleted);
        gate.SetResult();

        Result<OAuthClient>[] clients = await Task.WhenAll(asking);
        clients.Should().OnlyContain(client => client.Succeeded);
        web.Count.Should().Be(1);
    }

    public void Dispose() => _services?.Dispose();

    private IClientRegistry Build(Action<IServiceCollection> replace)
    {
        ServiceCollection services = new();
        replace(services);
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton<IOAuthClientStore>(_store);
        services.AddEgress();
        services.AddClientRegistration();
        _services = services.BuildServiceProvider();
        return _services.GetRequiredService<IClientRegistry>();
    }

    private static Task<Result<OAuthClient>> ResolveAsync(IClientRegistry registry) =>
        registry.ResolveAsync(Calls.Environment, Url, "192.0.2.1", TestContext.Current.CancellationToken);

    private static HttpResponseMessage Answer(string cacheControl)
    {
        HttpResponseMessage response = new(HttpStatusCode.OK)
        {
            Content = new StringContent(
                $$"""{"client_id":"{{Url}}","client_name":"Sample","redirect_uris":["https://callback.example/done"]}""",
                Encoding.UTF8,
                "application/json"
            ),
        };
        if (cacheControl.Length > 0)
        {
            response.Headers.TryAddWithoutValidation("Cache-Control", cacheControl);
        }

        return response;
    }

    private sealed class Web(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer)
        : IEgressTransport
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public TaskCompletionSource Began { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HttpMessageHandler CreateHandler() => new Handler(this);

        private sealed class Handler(Web web) : HttpMessageHandler
        {
            protected override Task<HttpResponseMessage> SendAsync(
                HttpRequestMessage request,
                CancellationToken cancellationToken
            )
            {
                Interlocked.Increment(ref web._count);
                web.Began.TrySetResult();
                return web.Answer(request, cancellationToken);
            }
        }

        private Task<HttpResponseMessage> Answer(HttpRequestMessage request, CancellationToken cancellationToken) =>
            answer(request, cancellationToken);
    }

    private sealed class NameServer(string[] answer) : INameResolver
    {
        public List<string> Asked { get; } = [];

        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
        {
            Asked.Add(host);
            return Task.FromResult(Array.ConvertAll(answer, IPAddress.Parse));
        }
    }
}
