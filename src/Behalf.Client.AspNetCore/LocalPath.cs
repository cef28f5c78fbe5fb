namespace Behalf.Client.AspNetCore;

/// <summary>A path of this application, so that nobody is ever sent to another site.</summary>
internal static class LocalPath
{
    private const int Longest = 1024;

    /// <summary>
    /// True for <c>/</c> and <c>/path?query</c>; false for whatever a browser might read as another host: <c>//host</c>,
    /// <c>/\host</c>, backslashes and control characters anywhere (browsers drop tabs and line breaks).
    /// </summary>
    public static bool IsLocal(string? path) =>
        path is ['/', ..]
        && path.Length <= Longest
        && path is not ['/', '/', ..]
        && !path.Any(c => c == '\\' || char.IsControl(c));
}
