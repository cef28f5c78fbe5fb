namespace Behalf.Server.Doors;

/// <summary>What a caller's SDK is known to do, by the version it names in <c>x-sdk-version</c>.</summary>
internal static class SdkHabits
{
    public const string VersionHeader = "x-sdk-version";

    private static readonly Dictionary<string, Version> ReadsToolErrorsSince = new(StringComparer.Ordinal)
    {
        ["Scalekit-Node"] = new(2, 11),
        ["Scalekit-Python"] = new(2, 14),
    };

    /// <summary>
    /// Whether the SDK looks for <c>TOOL_ERROR</c> before it takes UNAUTHENTICATED for the end of its own token. Any other
    /// would fetch a token and call again, some without end.
    /// </summary>
    public static bool ReadsToolErrors(HttpContext http)
    {
        string[] parts = http.Request.Headers[VersionHeader].ToString().Split('/', 2);
        return parts.Length == 2
            && ReadsToolErrorsSince.TryGetValue(parts[0], out Version? since)
            && Version.TryParse(parts[1], out Version? version)
            && version >= since;
    }
}
