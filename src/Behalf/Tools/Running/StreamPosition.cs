using System.Globalization;

namespace Behalf.Tools.Running;

/// <summary>How far a stream of events was read (HTML Living Standard, server-sent events).</summary>
/// <param name="LastId">Null: no event had an id, so the stream cannot be taken up again.</param>
/// <param name="Pause">Before it may be taken up again.</param>
internal sealed record StreamPosition(string? LastId, TimeSpan Pause)
{
    private const int LongestId = 500;

    public static TimeSpan UsualPause { get; } = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    /// <summary>One more line of the stream, without its end.</summary>
    public StreamPosition After(string line)
    {
        if (Value(line, "id:") is { Length: > 0 and <= LongestId } id && id.All(c => c is > ' ' and <= '~'))
        {
            return this with { LastId = id };
        }

        if (
            Value(line, "retry:") is { } retry
            && int.TryParse(retry, NumberStyles.None, CultureInfo.InvariantCulture, out int milliseconds)
        )
        {
            TimeSpan pause = TimeSpan.FromMilliseconds(milliseconds);
            return this with { Pause = pause < LongestPause ? pause : LongestPause };
        }

        return this;
    }

    private static string? Value(string line, string field) =>
        line.StartsWith(field, StringComparison.Ordinal) ? line[field.Length..].TrimStart(' ') : null;
}
