namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>Who this process is.</summary>
/// <param name="Name">Of its audit lane; stays over restarts.</param>
/// <param name="Process">Random per start.</param>
internal sealed record NodeName(string Name, string Process)
{
    /// <summary>What a process without its name can still answer.</summary>
    public StorageUnavailableException Lost() =>
        new(
            StorageFault.Closed,
            $"Another process serves as node {Name}: this one must stop, or be given a name of its own."
        );

    /// <summary>As a condition on <c>process</c>, an expression: a node that lives holds it.</summary>
    public static string Lives(string process) =>
        $"""
            EXISTS (
              SELECT 1 FROM node n
              WHERE n.process = {process} AND n.heartbeat_at > clock_timestamp() - make_interval(secs => @deadAfter))
            """;

    /// <summary>
    /// As a condition on <c>process</c>, an expression: its node's name is its own, and stays so until this transaction has
    /// ended, since whoever takes the name over waits for that.
    /// </summary>
    public static string IsHeldBy(string process) =>
        $"EXISTS (SELECT 1 FROM node n WHERE n.process = {process} FOR KEY SHARE)";

    /// <summary>
    /// As a condition on <c>process</c>, an expression: its node has had the database without a break for long enough that
    /// every other one had its turn since.
    /// </summary>
    public static string IsSteady(string process) =>
        $"""
            EXISTS (
              SELECT 1 FROM node n
              WHERE n.process = {process} AND n.steady_since < clock_timestamp() - make_interval(secs => @steadyFor)
                AND n.heartbeat_at > clock_timestamp() - make_interval(secs => @shortestBreak))
            """;

    /// <summary>As a condition on <c>process</c>: it has neither ended by itself nor was its name taken over.</summary>
    public static string MayComeBack(string process) =>
        $"EXISTS (SELECT 1 FROM node n WHERE n.process = {process} AND n.heartbeat_at > '-infinity')";
}
