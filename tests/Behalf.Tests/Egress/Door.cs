using Behalf.Egress;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Tests.Egress;

/// <summary>Builds doors as the product does, with what a test replaces.</summary>
internal sealed class Door : IDisposable
{
    private readonly ServiceProvider _services;

    public Door(IEnumerable<Uri> listed, Action<IServiceCollection>? replace = null)
    {
        ServiceCollection services = new();
        replace?.Invoke(services);
        services.Configure<BehalfOptions>(options =>
        {
            foreach (Uri origin in listed)
            {
                options.AllowedPrivateOrigins.Add(origin.GetLeftPart(UriPartial.Authority));
            }
        });
        services.AddEgress();
        _services = services.BuildServiceProvider();
        Egress = _services.GetRequiredService<IEgress>();
    }

    public Door(RawServer server, Action<IServiceCollection>? replace = null)
        : this([server.Origin], replace) { }

    public IEgress Egress { get; }

    public static EgressRequest Get(RawServer server, string path = "/") => Request(server.Origin, path);

    public static EgressRequest Post(RawServer server, string body = "{}") =>
        Request(server.Origin) with
        {
            Method = HttpMethod.Post,
            Content = new StringContent(body),
        };

    public static EgressRequest Request(Uri origin, string path = "/") =>
        new()
        {
            Method = HttpMethod.Get,
            Uri = new Uri(origin, path),
            Origin = origin,
            Timeout = TimeSpan.FromSeconds(20),
            MaxResponseBytes = 64 * 1024,
        };

    public Task<EgressOutcome> SendAsync(EgressRequest request) =>
        Egress.SendAsync(request, TestContext.Current.CancellationToken);

    public async Task<EgressOutcome.Answered> AnswerAsync(EgressRequest request) =>
        (await SendAsync(request)).Should().BeOfType<EgressOutcome.Answered>().Subject;

    public async Task<EgressOutcome.Failed> FailAsync(EgressRequest request) =>
        (await SendAsync(request)).Should().BeOfType<EgressOutcome.Failed>().Subject;

    public void Dispose() => _services.Dispose();
}
