namespace Behalf.Sandbox;

/// <summary>How a practice Asana is set up.</summary>
public sealed record SandboxOptions
{
    /// <value>Loopback http addresses, separated by semicolons; port 0 takes a free one.</value>
    public string Urls { get; init; } = "http://127.0.0.1:0";

    /// <value>Path of a world document; null: the built-in one, unless <see cref="World"/> is given.</value>
    public string? WorldFile { get; init; }

    /// <value>Text of a world document.</value>
    public string? World { get; init; }

    /// <value>Where to write the bound address once listening.</value>
    public string? ReadyFile { get; init; }

    /// <value>The same seed and world give the same gids.</value>
    public int Seed { get; init; } = 1;

    /// <value>API calls a minute and token before 429.</value>
    public int RequestsPerMinute { get; init; } = 1500;

    /// <value>Task searches a minute and token before 429; other calls are not held back by them.</value>
    public int SearchesPerMinute { get; init; } = 60;

    /// <value>Reads of one token that are answered at once; one more is 429.</value>
    public int ConcurrentReads { get; init; } = 50;

    /// <value>Writes of one token that are answered at once; one more is 429.</value>
    public int ConcurrentWrites { get; init; } = 15;

    /// <value>How long search takes to see a write, unless faults say otherwise.</value>
    public static TimeSpan SearchLag { get; } = TimeSpan.FromSeconds(10);

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
