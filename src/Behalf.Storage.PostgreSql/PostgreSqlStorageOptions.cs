namespace Behalf.Storage.PostgreSql;

/// <summary>Where the database is, and how nodes tell that one of them has gone.</summary>
public sealed class PostgreSqlStorageOptions
{
    /// <value>
    /// As Npgsql takes it. What it does not name gets a default of ours: at most 30 connections, statements prepared
    /// automatically, no reset of sessions. Behind a transaction pooler: <c>Max Auto Prepare=0</c>.
    /// </value>
    public string ConnectionString { get; set; } = string.Empty;

    /// <value>How often a node says that it lives.</value>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(5);

    /// <value>
    /// How long after its last heartbeat a node counts as dead: its leases and open calls are ended by the others. Several
    /// times <see cref="Heartbeat"/>.
    /// </value>
    public TimeSpan DeadAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <value>
    /// Without a beat for longer a node was cut off from the database. What is shorter, with the time until a pair that came
    /// meanwhile is offered again, is within what a lease lasts longer than its request.
    /// </value>
    internal TimeSpan ShortestBreak =>
        Heartbeat * 2 > TimeSpan.FromSeconds(10) ? Heartbeat * 2 : TimeSpan.FromSeconds(10);
}
