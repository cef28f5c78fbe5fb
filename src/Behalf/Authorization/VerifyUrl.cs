using System.Diagnostics.CodeAnalysis;

namespace Behalf.Authorization;

/// <summary>Where the application wants the person back: its rules, and how the request id is appended.</summary>
internal static class VerifyUrl
{
    private const int MaxLength = 2048;
    private const string RequestIdParameter = "auth_request_id";
    private const string StateParameter = "state";

    /// <param name="pinned">When not empty, the URL must be one of these, character by character.</param>
    public static bool TryAccept(string url, IEnumerable<string> pinned, [NotNullWhen(false)] out string? problem)
    {
        problem = Check(url);
        if (problem is null && pinned.Any() && !pinned.Contains(url, StringComparer.Ordinal))
        {
            problem = "is not one of the registered verify URLs";
        }

        return problem is null;
    }

    private static string? Check(string url)
    {
        if (url.Length > MaxLength)
        {
            return $"is longer than {MaxLength} characters";
        }

        if (url.Any(c => c <= ' ' || c == '\\' || c >= '\x7f') || !Uri.TryCreate(url, UriKind.Absolute, out Uri? uri))
        {
            return "must be an absolute URL";
        }

        if (uri.Scheme != Uri.UriSchemeHttps && !(uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        {
            return "must be https, or http on loopback";
        }

        if (uri.UserInfo.Length > 0 || url.Contains('#', StringComparison.Ordinal))
        {
            return "must not hold user information or a fragment";
        }

        bool isTaken = uri
            .Query.TrimStart('?')
            .Split('&')
            .Select(pair => Uri.UnescapeDataString(pair.Split('=')[0]))
            .Any(name => name is RequestIdParameter or StateParameter);
        return isTaken ? $"must not hold {RequestIdParameter} or {StateParameter} already" : null;
    }

    public static Uri Append(string url, string authRequestId, string? appState)
    {
        char mark = url.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        string location = $"{url}{mark}{RequestIdParameter}={Uri.EscapeDataString(authRequestId)}";
        return new Uri(appState is null ? location : $"{location}&{StateParameter}={Uri.EscapeDataString(appState)}");
    }
}
