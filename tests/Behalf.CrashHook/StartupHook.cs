using System.Diagnostics;
using System.Globalization;

/// <summary>
/// Loaded into the real server by <c>DOTNET_STARTUP_HOOKS</c>: kills the process (SIGKILL, nothing is cleaned up) when the
/// milestone named by <c>CRASH_AT</c> is reached for the <c>CRASH_COUNT</c>th time. The runtime looks for this type by name.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        string? milestone = Environment.GetEnvironmentVariable("CRASH_AT");
        if (milestone is null)
        {
            return;
        }

        int count = int.Parse(
            Environment.GetEnvironmentVariable("CRASH_COUNT") ?? "1",
            NumberStyles.None,
            CultureInfo.InvariantCulture
        );
        DiagnosticListener.AllListeners.Subscribe(new Listeners(new Killer(milestone, count)));
    }

    private sealed class Listeners(Killer killer) : IObserver<DiagnosticListener>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Behalf")
            {
                value.Subscribe(killer, killer.IsMine);
            }
        }

        public void OnCompleted() { }

        public void OnError(Exception error) { }
    }

    private sealed class Killer(string milestone, int count) : IObserver<KeyValuePair<string, object?>>
    {
        private int _seen;

        public bool IsMine(string name) => name == milestone;

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Key == milestone && Interlocked.Increment(ref _seen) == count)
            {
                Process.GetCurrentProcess().Kill();
            }
        }

        public void OnCompleted() { }

        public void OnError(Exception error) { }
    }
}
