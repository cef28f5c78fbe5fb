namespace Behalf.Bench.Filling;

/// <summary>How much an installation holds.</summary>
/// <param name="Accounts">Of the ordinary users together; 20 each.</param>
/// <param name="Heavy">How many accounts one further user holds, on as many connections.</param>
/// <param name="Environments">The default one with all of the above, and small ones with one user each.</param>
/// <param name="Records">Of the audit trail; two for each call.</param>
internal sealed record Size(int Accounts, int Heavy, int Environments, long Records)
{
    /// <value>Accounts of an ordinary user, each on a connection of its own.</value>
    public const int PerUser = 20;

    public int Users => Accounts / PerUser;

    /// <value>Of the default environment.</value>
    public int Connections => Math.Max(PerUser, Heavy);

    public string Name =>
        Accounts switch
        {
            >= 1_000_000 => $"{Accounts / 1_000_000}m",
            >= 1_000 => $"{Accounts / 1_000}k",
            _ => $"{Accounts}",
        };

    /// <summary>In proportion: a million accounts come with 10,000 connections and 1,000 environments.</summary>
    /// <param name="recordsPerAccount">Audit records; 10 in the full measurement.</param>
    public static Size Of(int accounts, int recordsPerAccount) =>
        new(
            accounts,
            Math.Clamp(accounts / 100, PerUser, 10_000),
            Math.Clamp(accounts / 1_000, 1, 1_000),
            (long)accounts * recordsPerAccount
        );
}
