using System.Diagnostics;
using System.Globalization;

/// <summary>
/// Loaded into the real server by <c>DOTNET_STARTUP_HOOKS</c>: kills the process (SIGKILL, nothing is cleaned up) when the
/// milestones named by <c>CRASH_AT</c> (one, or several that must be reached in that order, separated by <c>&gt;</c>; <c>*</c>
/// is any) are reached for the <c>CRASH_COUNT</c>th time, <c>CRASH_DELAY</c> milliseconds later. The runtime looks for this
/// type by name.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("CRASH_AT") is { } milestones)
        {
            Killer killer = new(milestones.Split('>'), Number("CRASH_COUNT", 1), Number("CRASH_DELAY", 0));
            DiagnosticListener.AllListeners.Subscribe(new Listeners(killer));
        }
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text
            ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
            : otherwise;

    private sealed class Listeners(Killer killer) : IObserver<DiagnosticListener>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Behalf")
            {
                value.Subscribe(killer, killer.Awaits);
            }
        }

        public void OnCompleted() { }

        public void OnError(Exception error) { }
    }

    private sealed class Killer(string[] milestones, int count, int delay) : IObserver<KeyValuePair<string, object?>>
    {
        private readonly Lock _gate = new();
        private ITimer? _timer;
        private int _next;
        private int _seen;

        public bool Awaits(string name) => Array.Exists(milestones, milestone => milestone == "*" || milestone == name);

        public void OnNext(KeyValuePair<string, object?> value)
        {
            lock (_gate)
            {
                if (milestones[_next] != "*" && milestones[_next] != value.Key)
                {
                    return;
                }

                if (_next < milestones.Length - 1)
                {
                    _next++;
                }
                else if (++_seen == count)
                {
                    Kill();
                }
            }
        }

        public void OnCompleted() { }

        public void OnError(Exception error) { }

        private void Kill()
        {
            if (delay == 0)
            {
                Process.GetCurrentProcess().Kill();
            }

            _timer = TimeProvider.System.CreateTimer(
                _ => Process.GetCurrentProcess().Kill(),
                null,
                TimeSpan.FromMilliseconds(delay),
                Timeout.InfiniteTimeSpan
            );
        }
    }
}
