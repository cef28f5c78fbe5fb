using Behalf.Bench.Load;
using Behalf.RaceSuite.Stage;
using Behalf.Wire.Tools;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Behalf.Bench.Stage;

/// <summary>Everything a comparison stands on: the upstream, the two reference proxies, PostgreSQL, and Behalf on both databases.</summary>
internal sealed class Grounds : IAsyncDisposable
{
    /// <value>Bytes of text in each of the upstream's answers.</value>
    public const int AnswerText = 200;

    private readonly string _folder;
    private readonly List<IAsyncDisposable> _all = [];

    private Grounds(string folder) => _folder = folder;

    public Nginx Upstream { get; private set; } = null!;

    public PostgreSqlCluster Cluster { get; private set; } = null!;

    public BehalfServer Sqlite { get; private set; } = null!;

    public BehalfServer PostgreSql { get; private set; } = null!;

    public IReadOnlyList<Course> Courses { get; private set; } = [];

    public static async Task<Grounds> StartAsync(string folder)
    {
        Grounds grounds = new(folder);
        try
        {
            await grounds.OpenAsync();
            return grounds;
        }
        catch
        {
            await grounds.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable one in Enumerable.Reverse(_all))
        {
            await one.DisposeAsync();
        }
    }

    private async Task OpenAsync()
    {
        string token = $"Bearer {BehalfServer.ProviderToken("u0")}";
        Upstream = Keep(await Nginx.UpstreamAsync(Path.Combine(_folder, "upstream"), AnswerText));
        Nginx nginx = Keep(await Nginx.ProxyAsync(Path.Combine(_folder, "nginx"), Upstream.Origin, token));
        string yarpAddress = $"http://127.0.0.1:{Ports.Free()}";
        ServerProcess yarp = Keep(
            ServerProcess.Start(
                Path.Combine(_folder, "yarp.log"),
                new Dictionary<string, string>(StringComparer.Ordinal),
                ServerProcess.Executable("Behalf.Bench"),
                "yarp",
                "--port",
                $"{new Uri(yarpAddress).Port}",
                "--upstream",
                Upstream.Origin,
                "--authorization",
                token
            )
        );
        await yarp.ReadyAsync(new Uri($"{yarpAddress}/users/me"));
        Cluster = Keep(await PostgreSqlCluster.StartAsync(Path.Combine(_folder, "postgresql")));
        Sqlite = Keep(new BehalfServer("sqlite", Path.Combine(_folder, "sqlite"), string.Empty, Upstream));
        PostgreSql = Keep(
            new BehalfServer("postgresql", Path.Combine(_folder, "on-postgresql"), Cluster.ConnectionString, Upstream)
        );
        List<Course> courses = [Reference("nginx", nginx.Origin, nginx.Process), Reference("yarp", yarpAddress, yarp)];
        foreach (BehalfServer server in (BehalfServer[])[Sqlite, PostgreSql])
        {
            await server.StartAsync();
            await server.FurnishAsync();
            await server.StopAsync(); // the first start of an installation compiles and reads what no later one does
            await server.StartAsync();
            courses.AddRange(Of(server));
        }

        Courses = courses;
    }

    private T Keep<T>(T one)
        where T : IAsyncDisposable
    {
        _all.Add(one);
        return one;
    }

    private Course Reference(string name, string address, ServerProcess process)
    {
        IReadOnlyList<Shot> shots = Requests.FixedProxy();
        return new Course(
            "proxy",
            name,
            address,
            new Wrk(_folder, $"proxy-{name}", shots),
            shots,
            process.Cpu,
            process,
            ReachesUpstream: true
        );
    }

    private IEnumerable<Course> Of(BehalfServer server)
    {
        ServerProcess process = server.Process;
        TimeSpan Cpu() =>
            process.Cpu() + (server == PostgreSql ? ServerProcess.CpuOfFamily(Cluster.ProcessId) : TimeSpan.Zero);
        Course By(string scenario, IReadOnlyList<Shot> shots, bool upstream, IGenerator? generator = null) =>
            new(
                scenario,
                server.Name,
                server.Address,
                generator ?? new Wrk(_folder, $"{scenario}-{server.Name}", shots),
                shots,
                Cpu,
                process,
                upstream
            );

        IReadOnlyList<Shot> execute = Requests.Execute(server);
        yield return By("proxy", Requests.Proxy(server), upstream: true);
        yield return By("execute-rest", execute, upstream: true);
        yield return By(
            "execute-grpc",
            execute,
            upstream: true,
            new H2Load(
                _folder,
                $"execute-grpc-{server.Name}",
                "/scalekit.v1.tools.ToolService/ExecuteTool",
                server.Token,
                [
                    .. Enumerable
                        .Range(0, BehalfServer.Users)
                        .Select(i =>
                            Framed(
                                new ExecuteToolRequest
                                {
                                    ToolName = BenchConnector.Tool,
                                    Identifier = $"u{i}",
                                    Params = new Struct { Fields = { ["asked"] = Value.ForString($"u{i}") } },
                                }
                            )
                        ),
                ]
            )
        );
        yield return By("mcp-call", Requests.McpCall(server), upstream: true);
        yield return By("mcp-list", Requests.McpList(server), upstream: false);
        yield return By("scoped-list", Requests.ScopedList(server), upstream: false);
        yield return By("link", Requests.Link(server), upstream: false);
    }

    // gRPC's length-prefixed message: not compressed, four bytes of length.
    private static byte[] Framed(IMessage message)
    {
        byte[] body = message.ToByteArray();
        return [0, .. BitConverter.GetBytes(System.Net.IPAddress.HostToNetworkOrder(body.Length)), .. body];
    }
}
