namespace Behalf.Waiting;

/// <summary>Waits in real time, with a bound, for what happens on other threads.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <param name="what">What is waited for, for the one who reads that it did not come.</param>
    public static Task HoldsAsync(Func<bool> condition, string what) =>
        HoldsAsync(() => Task.FromResult(condition()), what);

    /// <inheritdoc cref="HoldsAsync(Func{bool}, string)" />
    public static async Task HoldsAsync(Func<Task<bool>> condition, string what) =>
        (await HappensAsync(condition, Patience)).Should().BeTrue($"within {Patience.TotalSeconds} seconds {what}");

    /// <returns>False: it did not hold within the time.</returns>
    public static async Task<bool> HappensAsync(Func<Task<bool>> condition, TimeSpan patience)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > patience)
            {
                return false;
            }

            await Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken);
        }

        return true;
    }
}
