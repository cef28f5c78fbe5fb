namespace Behalf.Cli.Output;

internal static class When
{
    /// <summary>UTC to the second, or a dash.</summary>
    public static string Text(DateTimeOffset? instant) =>
        instant is { } known ? known.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'") : "-";

    /// <summary>UTC to the second without the year, or a dash; for tables on narrow terminals.</summary>
    public static string Short(DateTimeOffset? instant) =>
        instant is { } known ? known.UtcDateTime.ToString("MM-dd HH:mm:ss") : "-";

    /// <summary>Such as <c>3 h</c>, in the largest unit that it fills.</summary>
    public static string Span(TimeSpan span) =>
        span.TotalDays >= 1 ? $"{Math.Floor(span.TotalDays):0} d"
        : span.TotalHours >= 1 ? $"{Math.Floor(span.TotalHours):0} h"
        : span.TotalMinutes >= 1 ? $"{Math.Floor(span.TotalMinutes):0} min"
        : $"{Math.Floor(span.TotalSeconds):0} s";

    /// <summary>Such as <c>14:05:31 (in 10 min)</c>, in the machine's time zone.</summary>
    public static string Until(DateTimeOffset end, TimeProvider clock)
    {
        var left = end - clock.GetUtcNow();
        var local = TimeZoneInfo.ConvertTime(end, clock.LocalTimeZone);
        return left.TotalMinutes >= 1
            ? $"{local:HH:mm:ss} (in {Math.Round(left.TotalMinutes):0} min)"
            : $"{local:HH:mm:ss} (in {Math.Max(0, left.TotalSeconds):0} s)";
    }
}
