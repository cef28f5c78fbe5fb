using System.CommandLine;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace Behalf.Bench.Stage;

/// <summary>YARP that puts one fixed credential on every request: a proxy that knows nobody.</summary>
internal static class YarpProxy
{
    public static Command Command()
    {
        Option<int> port = new("--port") { Required = true };
        Option<string> upstream = new("--upstream") { Required = true };
        Option<string> authorization = new("--authorization") { Required = true };
        Command command = new("yarp", "The reference proxy, as a process of its own.")
        {
            port,
            upstream,
            authorization,
        };
        command.Hidden = true;
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    parsed.GetValue(port),
                    parsed.GetRequiredValue(upstream),
                    parsed.GetRequiredValue(authorization),
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task RunAsync(
        int port,
        string upstream,
        string authorization,
        CancellationToken cancellationToken
    )
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder
            .Services.AddReverseProxy()
            .LoadFromMemory(
                [
                    new RouteConfig
                    {
                        RouteId = "all",
                        ClusterId = "upstream",
                        Match = new RouteMatch { Path = "{**any}" },
                        Transforms =
                        [
                            new Dictionary<string, string>(StringComparer.Ordinal)
                            {
                                ["RequestHeader"] = "Authorization",
                                ["Set"] = authorization,
                            },
                        ],
                    },
                ],
                [
                    new ClusterConfig
                    {
                        ClusterId = "upstream",
                        Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal)
                        {
                            ["one"] = new() { Address = upstream },
                        },
                    },
                ]
            );
        await using WebApplication app = builder.Build();
        app.Urls.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        app.MapReverseProxy();
        await app.StartAsync(cancellationToken);
        await app.WaitForShutdownAsync(cancellationToken);
    }
}
