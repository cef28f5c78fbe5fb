using System.Collections.Frozen;
using Behalf.Egress;

namespace Behalf.Proxy;

/// <summary>Which headers pass the proxy, in either direction. Pure.</summary>
internal static class ProxyHeaders
{
    public const string Connection = "connection_name";
    public const string Identifier = "identifier";

    /// <value>Our own headers begin so, in either direction.</value>
    private const string OwnPrefix = "behalf-";

    private const string ForwardingPrefix = "x-forwarded-";
    private const string SdkVersion = "x-sdk-version";

    /// <value>Also a header of some providers, so it ends here only beside <see cref="SdkVersion"/>.</value>
    private const string ApiVersion = "x-api-version";

    // RFC 9110 §7.6.1, and what its predecessors and clients add to it.
    private static readonly string[] HopByHop =
    [
        "connection",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
    ];

    // Whose connection, credential and encoding it is, is decided here; who the caller's own users are is no provider's business.
    private static readonly FrozenSet<string> NotForProvider = Names(
        HopByHop,
        Connection,
        Identifier,
        "accept-encoding",
        "authorization",
        "cf-connecting-ip",
        "client-ip",
        "content-length",
        "cookie",
        "cookie2",
        "expect",
        "forwarded",
        "host",
        "set-cookie",
        "true-client-ip",
        "via",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-host",
        "x-original-host",
        "x-original-url",
        "x-real-ip",
        "x-rewrite-url"
    );

    // Dropping one of these would send another operation than the one that is meant.
    private static readonly FrozenSet<string> Overrides = Names(
        [],
        "x-http-method",
        "x-http-method-override",
        "x-method-override"
    );

    // What speaks to a browser or cache about an origin: the origin it would speak about is ours.
    private static readonly FrozenSet<string> NotForCaller = Names(
        HopByHop,
        "age",
        "alt-svc",
        "cache-control",
        "clear-site-data",
        "content-encoding",
        "expect-ct",
        "expires",
        "nel",
        "pragma",
        "public-key-pins",
        "public-key-pins-report-only",
        "report-to",
        "reporting-endpoints",
        "service-worker-allowed",
        "set-cookie",
        "set-cookie2",
        "strict-transport-security",
        "via"
    );

    public static Result<IReadOnlyList<KeyValuePair<string, string>>> ForProvider(
        IReadOnlyList<KeyValuePair<string, string>> received
    )
    {
        HashSet<string>? nominated = Nominated(received);
        bool isFromSdk = Holds(received, SdkVersion);
        List<KeyValuePair<string, string>> kept = new(received.Count);
        foreach (KeyValuePair<string, string> header in received)
        {
            if (Overrides.Contains(header.Key))
            {
                return Problem.Invalid(
                    "header_refused",
                    $"{header.Key} is not accepted: send the request with the method that is meant."
                );
            }

            if (
                !NotForProvider.Contains(header.Key)
                && nominated?.Contains(header.Key) != true
                && !header.Key.StartsWith(OwnPrefix, StringComparison.OrdinalIgnoreCase)
                && !header.Key.StartsWith(ForwardingPrefix, StringComparison.OrdinalIgnoreCase)
                && !(isFromSdk && (Is(header, SdkVersion) || Is(header, ApiVersion))) // between the SDK and us
            )
            {
                kept.Add(header);
            }
        }

        return RequestHeaders.ProblemWith(kept) is { } problem ? Problem.Invalid("header_refused", problem) : kept;
    }

    /// <param name="received">From the provider, scrubbed already.</param>
    /// <param name="hasBody">False: the length says how long a body would be, and may stay.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> ForCaller(
        IReadOnlyList<KeyValuePair<string, string>> received,
        bool hasBody
    )
    {
        HashSet<string>? nominated = Nominated(received);
        List<KeyValuePair<string, string>> kept = new(received.Count);
        foreach (KeyValuePair<string, string> header in received)
        {
            if (
                RequestHeaders.IsToken(header.Key) // a name in which something was scrubbed is none
                && !HoldsControl(header.Value)
                && !NotForCaller.Contains(header.Key)
                && nominated?.Contains(header.Key) != true
                && !(hasBody && Is(header, "content-length"))
                && !header.Key.StartsWith("access-control-", StringComparison.OrdinalIgnoreCase)
                && !header.Key.StartsWith(OwnPrefix, StringComparison.OrdinalIgnoreCase)
            )
            {
                kept.Add(header);
            }
        }

        return kept;
    }

    private static bool Is(KeyValuePair<string, string> header, string name) =>
        header.Key.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static bool Holds(IReadOnlyList<KeyValuePair<string, string>> headers, string name)
    {
        foreach (KeyValuePair<string, string> header in headers)
        {
            if (Is(header, name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HoldsControl(string value)
    {
        foreach (char c in value)
        {
            if (char.IsControl(c) && c != '\t')
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>RFC 9110 §7.6.1: <c>Connection</c> names further headers that end here.</summary>
    /// <returns>Null: it names none.</returns>
    private static HashSet<string>? Nominated(IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        HashSet<string>? nominated = null;
        foreach (KeyValuePair<string, string> header in headers)
        {
            if (Is(header, "connection"))
            {
                nominated ??= new HashSet<string>(StringComparer.OrdinalIgnoreCase);
                nominated.UnionWith(header.Value.Split(',', StringSplitOptions.TrimEntries));
            }
        }

        return nominated;
    }

    private static FrozenSet<string> Names(string[] some, params string[] more) =>
        some.Concat(more).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
