using System.Diagnostics;

namespace Behalf;

/// <summary>The span and the time of one call, from the room's door to its answer. One call, one instance.</summary>
/// <param name="kind"><c>tool</c> or <c>proxy</c>.</param>
internal sealed class CallMeasure(string kind, TimeProvider time) : IDisposable
{
    private readonly Activity? _activity = Telemetry.BeginCall();
    private readonly long _began = time.GetTimestamp();
    private string _connector = string.Empty;

    /// <summary>Once it is known; before, nothing of what the caller said enters a trace.</summary>
    /// <param name="tool">As the connector defines it; null: through the proxy.</param>
    public void Is(string connector, string? tool)
    {
        _connector = connector;
        Telemetry.NameCall(_activity, connector, tool);
    }

    public Result<T> End<T>(Result<T> answer)
        where T : notnull
    {
        Telemetry.EndCall(
            _activity,
            kind,
            _connector,
            answer.Succeeded ? null : answer.Problem.Code,
            time.GetElapsedTime(_began)
        );
        return answer;
    }

    public void Dispose() => _activity?.Dispose();
}
