namespace Behalf.Proxy;

/// <summary>Which methods pass: any, but those that are for proxies themselves or would show a credential. Pure.</summary>
internal static class ProxyMethods
{
    private const int MaxLength = 32;

    /// <returns>Null when it passes.</returns>
    public static Problem? ProblemWith(HttpMethod method)
    {
        // The framework would send "get" as GET: then another operation would be sent than the one that was looked up.
        bool passes =
            method.Method is { Length: <= MaxLength } name
            && name.All(c => char.IsAsciiLetterUpper(c) || c == '-')
            && method != HttpMethod.Connect
            && method != HttpMethod.Trace; // RFC 9110 §9.3.8: the answer repeats the request, credential included
        return passes ? null : Problem.Invalid("method_refused", "The method cannot be sent through the proxy.");
    }
}
