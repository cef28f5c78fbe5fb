using System.Security.Cryptography.X509Certificates;
using Behalf.Server.Api;
using Behalf.Server.Api.Json;
using Behalf.Server.AuthorizationServer;
using Behalf.Server.Background;
using Behalf.Server.Connect;
using Behalf.Server.Doors;
using Behalf.Server.Mcp;
using Behalf.Storage.PostgreSql;
using Behalf.Vault;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Behalf.Server.Hosting;

/// <summary>Builds the whole service; the executable and the tests use the same way in.</summary>
public static class ServerApp
{
    /// <value>Of a body, unless its endpoint says otherwise.</value>
    internal const int MaxRequestBytes = 1024 * 1024;

    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(30);

    /// <summary>Binds the addresses and puts everything together; nothing answers before <see cref="RunningServer.StartAsync"/>.</summary>
    /// <exception cref="Exception">With a one-line message for people when the options, folder or ports do not allow a start.</exception>
    public static RunningServer Build(ServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        TimeProvider time = options.Time ?? TimeProvider.System;
        DataFolder folder = new(options.DataFolder);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory }
        );
        DatabaseChoice database = Settings.DatabaseOf(builder.Configuration, options, folder);
        database.Prepare();
        if (options.OwnsProcess)
        {
            HeadStart.Begin(database);
        }

        Listener listener = Listener.Bind(options.Urls);
        try
        {
            X509Certificate2? certificate = FindCertificate(options, listener, folder, time);
            ServerLogging.Configure(builder.Logging, options.LogLevel);
            ConfigureKestrel(builder, listener, certificate, time);
            builder
                .Services.AddOptions<HostOptions>()
                .Configure<IOptions<BehalfOptions>>(
                    (host, behalf) => host.ShutdownTimeout = DrainTime + behalf.Value.DrainDelay
                );
            builder.Services.TryAddSingleton(time);
            builder.Services.AddSingleton(folder);
            builder.Services.AddSingleton(listener);
            builder.Services.Configure<BehalfOptions>(target =>
                Settings.Apply(target, builder.Configuration, options, listener, database)
            );
            builder.Services.AddBehalf(database);
            builder.Services.Configure<PostgreSqlStorageOptions>(target =>
                Settings.Apply(target, builder.Configuration)
            );
            builder.Services.Configure<VaultOptions>(target => Settings.Apply(target, builder.Configuration, options));
            builder.Services.AddSingleton<Readiness>();
            builder.Services.AddSingleton<WriteProbe>();
            builder.Services.AddHostedService<Draining>();
            builder.Services.AddSingleton<TrailWatch>();
            builder.Services.AddTrustedProxies();
            builder.Services.AddServerTelemetry(builder.Configuration);
            builder.Services.AddApiDoor();
            builder.Services.AddAuthorizationServerDoor();
            builder.Services.AddConnectDoor(); // after it, since it takes back what both would start with
            builder.Services.AddMcpDoor();
            builder.Services.AddBackground();
            options.ConfigureServices?.Invoke(builder.Services);

            WebApplication app = builder.Build();
            app.Use(next =>
                http =>
                {
                    RequestMoment.Begin();
                    return next(http);
                }
            );
            app.UseForwardedHeaders(); // of listed proxies: who asks, for limits and the trail
            app.UseMiddleware<FailureGate>();
            app.UseMiddleware<SealGate>();
            app.UseSingleSlash();
            app.UseRouting();
            app.UseUnknownMethods();
            app.UseUnreadableMessages();
            app.UseMetricsGate();
            app.UseProtocolEngine();
            app.UseMiddleware<CallerGate>();
            app.UseMiddleware<McpGate>();
            app.UseMiddleware<JsonGate>();
            return new RunningServer(app, MapDoors, folder, listener, options.CertificateFile);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private static void MapDoors(WebApplication app)
    {
        app.MapMetrics();
        app.MapApiDoor();
        app.MapConnectDoor();
        app.MapAuthorizationServerDoor();
        app.MapMcpDoor();
        AccessCheck.Require(((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints));
    }

    private static X509Certificate2? FindCertificate(
        ServerOptions options,
        Listener listener,
        DataFolder folder,
        TimeProvider time
    )
    {
        if (!listener.Urls.Any(url => url.IsTls))
        {
            return null;
        }

        return options.CertificateFile is { } file
            ? CertificateFile.Load(file)
            : DevelopmentCertificate.Ensure(folder, time);
    }

    private static void ConfigureKestrel(
        WebApplicationBuilder builder,
        Listener listener,
        X509Certificate2? certificate,
        TimeProvider time
    )
    {
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.Configure<SocketTransportOptions>(transport =>
            transport.CreateBoundListenSocket = listener.Take
        );
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // gRPC clients on plain http write ":scheme: http" on a connection that took ALPN's way; see Http2Preface.
            kestrel.AllowAlternateSchemes = true;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBytes;
            // Providers' headers pass as they came; HTTP/1.1 knows no other bytes (RFC 9110 §5.5).
            kestrel.ResponseHeaderEncodingSelector = _ => System.Text.Encoding.Latin1;
            foreach (BoundUrl url in listener.Urls)
            {
                foreach (System.Net.IPEndPoint endPoint in url.EndPoints)
                {
                    kestrel.Listen(
                        endPoint,
                        listen =>
                        {
                            listen.Protocols = HttpProtocols.Http1AndHttp2;
                            ConnectionScheme.Mark(listen, url.IsTls);
                            if (url.IsTls)
                            {
                                listen.UseHttps(certificate!);
                            }
                            else
                            {
                                listen.UseHttp2Preface(time);
                            }
                        }
                    );
                }
            }
        });
    }
}
