using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Behalf;

/// <summary>
/// What the rooms tell of themselves to whoever listens, in OpenTelemetry's names where it has one. Nothing here tells a
/// person from another or what they did: no identifiers, accounts, arguments, paths or query strings. Safe to call
/// concurrently; without a listener it costs next to nothing.
/// </summary>
internal static class Telemetry
{
    /// <value>Of the meter and the activity source.</value>
    public const string Name = "Behalf";

    private const string ErrorType = "error.type";

    private static readonly ActivitySource s_source = new(Name);
    private static readonly Meter s_meter = new(Name);

    /// <summary>In seconds; a call's own part is below a millisecond, a provider's may be minutes.</summary>
    private static readonly InstrumentAdvice<double> s_seconds = new()
    {
        HistogramBucketBoundaries =
        [
            0.0005,
            0.001,
            0.0025,
            0.005,
            0.01,
            0.025,
            0.05,
            0.1,
            0.25,
            0.5,
            1,
            2.5,
            5,
            10,
            30,
            120,
        ],
    };

    private static readonly Histogram<double> s_calls = s_meter.CreateHistogram(
        "behalf.call.duration",
        "s",
        "Calls of tools and through the proxy, refused ones included.",
        tags: null,
        s_seconds
    );

    private static readonly Histogram<double> s_starts = s_meter.CreateHistogram(
        "behalf.audit.start.duration",
        "s",
        "Until a call's intent is committed with the credential it saw.",
        tags: null,
        s_seconds
    );

    private static readonly Histogram<double> s_refreshes = s_meter.CreateHistogram(
        "behalf.refresh.duration",
        "s",
        "Requests to token endpoints that renew a credential.",
        tags: null,
        s_seconds
    );

    private static readonly Counter<long> s_revocations = s_meter.CreateCounter<long>(
        "behalf.revocation.attempts",
        "{attempt}",
        "Revocation jobs, by what became of the attempt."
    );

    private static readonly Counter<long> s_refusals = s_meter.CreateCounter<long>(
        "behalf.limit.refusals",
        "{refusal}",
        "What was turned away because a limit was reached, by which one."
    );

    private static readonly UpDownCounter<int> s_outages = s_meter.CreateUpDownCounter<int>(
        "behalf.audit.outage",
        "{outage}",
        "1 while the audit trail cannot be written and calls are refused."
    );

    private static readonly UpDownCounter<int> s_backlog = s_meter.CreateUpDownCounter<int>(
        "behalf.audit.backlog",
        "{record}",
        "Completions and denials that wait to be written."
    );

    /// <param name="limit">Which one, of a fixed set: <c>identifier</c>, <c>host</c> and so on.</param>
    public static void Refused(string limit) =>
        s_refusals.Add(1, new KeyValuePair<string, object?>("behalf.limit", limit));

    /// <returns>Null when nobody listens.</returns>
    public static Activity? BeginCall() => s_source.StartActivity("call");

    /// <summary>As OpenTelemetry's semantic conventions for generative AI name a tool's execution.</summary>
    /// <param name="tool">Null: a call through the proxy.</param>
    public static void NameCall(Activity? activity, string connector, string? tool)
    {
        if (activity is null)
        {
            return;
        }

        activity.SetTag("behalf.connector", connector);
        activity.DisplayName = tool is null ? $"proxy {connector}" : $"execute_tool {tool}";
        if (tool is not null)
        {
            activity.SetTag("gen_ai.operation.name", "execute_tool").SetTag("gen_ai.tool.name", tool);
        }
    }

    /// <summary>Begins the span of one request to a provider; the URL's host alone stands in it.</summary>
    public static Activity? BeginRequest(HttpMethod method, Uri uri) =>
        s_source.StartActivity(method.Method, ActivityKind.Client) is { } activity
            ? activity
                .SetTag("http.request.method", method.Method)
                .SetTag("server.address", uri.Host)
                .SetTag("server.port", uri.Port)
            : null;

    /// <param name="status">Null: no answer came.</param>
    /// <param name="failure">A stable name of what went wrong; null: nothing.</param>
    public static void EndRequest(Activity? activity, int? status, string? failure)
    {
        if (activity is null)
        {
            return;
        }

        if (status is { } code)
        {
            activity.SetTag("http.response.status_code", code);
        }

        Fail(activity, failure ?? (status >= 400 ? $"{status}" : null));
    }

    /// <param name="kind"><c>tool</c> or <c>proxy</c>.</param>
    /// <param name="connector">Its slug; empty: the call was refused before one was found.</param>
    /// <param name="problem">The refusal's or failure's code; null: it succeeded.</param>
    public static void EndCall(Activity? activity, string kind, string connector, string? problem, TimeSpan duration)
    {
        TagList tags = new() { { "behalf.kind", kind }, { "behalf.connector", connector } };
        if (problem is not null)
        {
            tags.Add(ErrorType, problem);
        }

        s_calls.Record(duration.TotalSeconds, tags);
        Fail(activity, problem);
    }

    /// <param name="outcome"><c>started</c>, <c>repeated</c>, <c>refused</c> or <c>unavailable</c>.</param>
    public static void Started(string outcome, TimeSpan duration) =>
        s_starts.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("behalf.outcome", outcome));

    /// <param name="outcome"><c>refreshed</c>, <c>refused</c>, <c>misconfigured</c>, <c>later</c> or <c>unknown</c>.</param>
    public static void Refreshed(string connector, string outcome, TimeSpan duration) =>
        s_refreshes.Record(
            duration.TotalSeconds,
            new KeyValuePair<string, object?>("behalf.connector", connector),
            new KeyValuePair<string, object?>("behalf.outcome", outcome)
        );

    /// <param name="outcome"><c>finished</c>, <c>later</c> or <c>given_up</c>.</param>
    public static void Revoked(string outcome) =>
        s_revocations.Add(1, new KeyValuePair<string, object?>("behalf.outcome", outcome));

    /// <param name="change">1 when one begins, -1 when it ends.</param>
    public static void Outage(int change) => s_outages.Add(change);

    /// <param name="change">1 for a record that waits, -1 for one that no longer does.</param>
    public static void Backlog(int change) => s_backlog.Add(change);

    private static void Fail(Activity? activity, string? problem)
    {
        if (problem is not null)
        {
            activity?.SetTag(ErrorType, problem).SetStatus(ActivityStatusCode.Error);
        }
    }
}
