namespace Behalf.RaceSuite.Provider;

/// <summary>What a provider does with refresh tokens; its name is the connector's and the connection's.</summary>
internal enum Habit
{
    /// <summary>Each refresh gives a new refresh token; a superseded one that comes again ends the whole grant.</summary>
    Strict,

    /// <summary>As strict, but the superseded one is still taken for <see cref="Ledger.Grace"/>.</summary>
    Grace,

    /// <summary>The refresh token stays the same.</summary>
    Steady,
}

internal static class Habits
{
    public static string Slug(this Habit habit) =>
        habit switch
        {
            Habit.Strict => "strict",
            Habit.Grace => "grace",
            Habit.Steady => "steady",
            _ => throw new ArgumentOutOfRangeException(nameof(habit), habit, "unknown"),
        };
}
