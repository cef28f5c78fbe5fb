using System.Collections.Concurrent;

namespace Behalf.RaceSuite.Stage;

/// <summary>Ends what the suite started when the suite itself is ended in the middle (SIGTERM, Ctrl-C).</summary>
internal static class Aftercare
{
    private static readonly ConcurrentDictionary<object, Action> Left = new();

    static Aftercare() =>
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            foreach (Action end in Left.Values)
            {
                end();
            }
        };

    /// <summary>The newest way to end it counts.</summary>
    public static void Of(object what, Action end) => Left[what] = end;

    public static void Done(object what) => Left.TryRemove(what, out _);
}
