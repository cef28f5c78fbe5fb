namespace Behalf.Recovery;

/// <summary>The newest record of a lane, as somebody saw it.</summary>
/// <param name="Sequence">From 1.</param>
/// <param name="Hash">32 bytes; it stands for the record and all before it.</param>
public sealed record TrailHead(EnvironmentId Environment, string Lane, long Sequence, byte[] Hash);

/// <summary>
/// How far the trail had come, kept outside the database: a database that does not bear it out is an old one. Every change
/// of authority and every credential leaves a record, so the trail stands for them all.
/// </summary>
/// <param name="Restoration">The newest accepted restoration then; null: none.</param>
public sealed record TrailWitness(Restoration? Restoration, IReadOnlyList<TrailHead> Heads);

/// <summary>Somebody put an older database back and said so.</summary>
/// <param name="At">Database time.</param>
public sealed record Restoration(Guid Id, DateTimeOffset At);

/// <summary>What accepting a restored database changed.</summary>
/// <param name="Accounts">Flagged: they may hold a refresh token that was replaced since the backup was made.</param>
/// <param name="Users">Their tokens and sessions ended.</param>
/// <param name="Clients">Their access tokens ended; whoever was removed since the backup is there again.</param>
public sealed record RestorationEffect(int Accounts, int Users, int Clients);
