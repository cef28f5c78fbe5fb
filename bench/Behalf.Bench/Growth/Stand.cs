using Behalf.Bench.Filling;
using Behalf.Bench.Load;
using Behalf.Bench.Stage;
using Behalf.RaceSuite.Stage;

namespace Behalf.Bench.Growth;

/// <summary>One installation of one size, and what is asked of it.</summary>
internal sealed class Stand : IAsyncDisposable
{
    private const int Looks = 50;

    private readonly string _folder;
    private readonly PostgreSqlCluster? _cluster;

    private Stand(string folder, Size size, BehalfServer server, PostgreSqlCluster? cluster) =>
        (_folder, Size, Server, _cluster) = (folder, size, server, cluster);

    public Size Size { get; }

    public BehalfServer Server { get; }

    /// <value>Of the database once it is filled.</value>
    public long Bytes { get; private set; }

    public IReadOnlyList<Course> Courses { get; private set; } = [];

    /// <param name="cluster">Null: on SQLite.</param>
    /// <param name="script">Run on the filled database; null: none.</param>
    public static async Task<Stand> BuildAsync(
        string folder,
        Size size,
        Nginx upstream,
        PostgreSqlCluster? cluster,
        string? script
    )
    {
        string engine = cluster is null ? "sqlite" : "postgresql";
        string database = cluster is null ? string.Empty : await cluster.CreateDatabaseAsync($"size_{size.Name}");
        string place = Path.Combine(folder, $"{engine}-{size.Name}");
        Stand stand = new(place, size, new BehalfServer($"{engine}-{size.Name}", place, database, upstream), cluster);
        try
        {
            await stand.Server.StartAsync();
            await stand.Server.FurnishAsync();
            await stand.Server.StopAsync();
            stand.Bytes = await FilledDatabase.FillAsync(stand.Server, size);
            if (script is not null && cluster is not null)
            {
                await PostgreSqlBulk.RunScriptAsync(database, script);
            }

            return stand;
        }
        catch
        {
            await stand.DisposeAsync();
            throw;
        }
    }

    /// <returns>From exec to the first success of the readiness path.</returns>
    public async Task<TimeSpan> StartAsync()
    {
        TimeSpan start = await Server.StartAsync();
        await Server.SignInAsync();
        Courses = [.. AllCourses()];
        return start;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private IEnumerable<Course> AllCourses()
    {
        ServerProcess process = Server.Process;
        TimeSpan Cpu() =>
            process.Cpu() + (_cluster is null ? TimeSpan.Zero : ServerProcess.CpuOfFamily(_cluster.ProcessId));
        Spread spread = new(Size.Users, Size.PerUser);
        Course By(string scenario, Shot shot, bool upstream) =>
            new(
                scenario,
                Server.Name,
                Server.Address,
                new Wrk(_folder, scenario, [shot], spread),
                spread.Sample(shot, Looks),
                Cpu,
                process,
                upstream
            );
        Course Slowly(string scenario, Shot shot, bool upstream) =>
            new(scenario, Server.Name, Server.Address, new Patient([shot]), [shot], Cpu, process, upstream);

        Directory.CreateDirectory(_folder);
        yield return By(Scenarios.Execute, Requests.ExecuteOf(Server), upstream: true);
        yield return By(Scenarios.Proxy, Requests.ProxyOf(Server), upstream: true);
        yield return By(Scenarios.List, Requests.ListOf(Server, $"u{Shot.User}"), upstream: false);
        yield return By(Scenarios.Link, Requests.LinkOf(Server), upstream: false);
        yield return Slowly(
            Scenarios.HeavyExecute,
            Requests.ExecuteOf(Server, FilledDatabase.HeavyUser).As(0, 7),
            upstream: true
        );
        yield return Slowly(
            Scenarios.HeavyProxy,
            Requests.ProxyOf(Server, FilledDatabase.HeavyUser).As(0, 7),
            upstream: true
        );
        yield return Slowly(Scenarios.HeavyList, Requests.ListOf(Server, FilledDatabase.HeavyUser), upstream: false);
    }
}

/// <summary>What is measured, by the names in the tables.</summary>
internal static class Scenarios
{
    public const string Execute = "execute";
    public const string Proxy = "proxy";
    public const string List = "scoped-list";
    public const string Link = "link";
    public const string HeavyExecute = "heavy-execute";
    public const string HeavyProxy = "heavy-proxy";
    public const string HeavyList = "heavy-list";

    /// <value>Whose median must hold within the tight factor, whatever the size.</value>
    public static IReadOnlyList<string> Calls { get; } = [Execute, Proxy];

    /// <value>Whose median may grow with the logarithm of the size.</value>
    public static IReadOnlyList<string> Others { get; } = [List, Link];
}
