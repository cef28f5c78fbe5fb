using System.Net.Sockets;
using System.Security.Claims;
using Behalf.Client.AspNetCore;
using Behalf.Server.Tests.Infrastructure;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Behalf.Client.Tests.Connect;

/// <summary>An application with a login of its own, on a loopback port, in front of a stage's server.</summary>
internal sealed class TestApplication : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestApplication(WebApplication app) => _app = app;

    public KeptLog Log { get; private init; } = null!;

    public Outage Outage { get; private init; } = null!;

    public Uri Url => new(_app.Urls.Single());

    public BehalfClient Behalf => _app.Services.GetRequiredService<BehalfClient>();

    public static async Task<TestApplication> StartAsync(Stage stage, Action<BehalfConnectOptions>? configure = null)
    {
        KeptLog log = new();
        Outage outage = new();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
        builder.Services.AddBehalf(options =>
        {
            options.Server = new Uri(stage.Server.Server.Url);
            (options.ClientId, options.ClientSecret) = stage.Server.ServiceClient;
            options.HttpHandler = outage;
        });
        builder.Services.AddBehalfConnect(configure);
        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet(
            "/sign-in",
            (HttpContext http, string @as) =>
                http.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", @as)], "test")))
        );
        app.MapBehalfConnect();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new TestApplication(app) { Log = log, Outage = outage };
    }

    public Uri At(string path) => new(Url, path);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        Outage.Dispose();
    }
}

/// <summary>The way to the server, which a test can cut.</summary>
internal sealed class Outage()
    : DelegatingHandler(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        }
    )
{
    public bool IsOut { get; set; }

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    ) =>
        IsOut
            ? throw new HttpRequestException(
                HttpRequestError.ConnectionError,
                "cut by the test",
                new SocketException((int)SocketError.ConnectionRefused)
            )
            : base.SendAsync(request, cancellationToken);
}
