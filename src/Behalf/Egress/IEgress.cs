namespace Behalf.Egress;

/// <summary>
/// The one door out. https only (http and private origins only where the operator listed the exact origin), address check
/// on the address dialled, no redirects followed, no cookies, no automatic retries, bounded answers, scrubbed of the
/// credential that was sent. A request's credential is attached here and only if the URI is on the origin it belongs to.
/// Safe to call concurrently; nothing is shared between users but sockets.
/// </summary>
public interface IEgress
{
    /// <returns>The answer, whatever its status; or why there is none.</returns>
    /// <exception cref="EgressCancelledException">The caller's own token ended it; tells whether anything may have left.</exception>
    Task<EgressOutcome> SendAsync(EgressRequest request, CancellationToken cancellationToken);

    /// <summary>As <see cref="SendAsync"/>, but the answer's body is given on while it comes.</summary>
    /// <param name="cancellationToken">Also ends the body.</param>
    /// <returns><see cref="EgressOutcome.Streaming"/> once the answer's head is there, whatever its status; or why there is none.</returns>
    /// <exception cref="EgressCancelledException">The caller's own token ended it before the answer's head came.</exception>
    Task<EgressOutcome> StreamAsync(EgressRequest request, CancellationToken cancellationToken);
}

public sealed record EgressRequest
{
    public required HttpMethod Method { get; init; }

    public required Uri Uri { get; init; }

    /// <value>The only origin (scheme, host, port) the credential may go to; also the only one this request may go to.</value>
    public required Uri Origin { get; init; }

    /// <value>Names come from definitions; values hold no CR, LF or NUL.</value>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <value>Every non-GET request carries a content object; null becomes an empty one.</value>
    public HttpContent? Content { get; init; }

    /// <value>How the credential is put on; null for requests without one.</value>
    public EgressCredential? Credential { get; init; }

    /// <value>Values that must not appear in the answer besides the credential (client secret, verifier).</value>
    public IReadOnlyList<Secret> Scrub { get; init; } = [];

    /// <value>For the whole exchange, a streamed body included.</value>
    public required TimeSpan Timeout { get; init; }

    /// <value>Of a streamed exchange: how long it may stand still, in the request's body, before or in the answer.</value>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <value>In bytes after decompression; more is an <see cref="EgressFailure.TooLarge"/>.</value>
    public required long MaxResponseBytes { get; init; }
}

/// <param name="Header">Such as <c>Authorization</c>.</param>
/// <param name="Prefix">Such as <c>Bearer </c> with its space.</param>
public sealed record EgressCredential(string Header, string Prefix, Secret Value)
{
    /// <value>The query parameter that carries it; null: the header does.</value>
    public string? QueryParameter { get; private init; }

    /// <summary>A credential that the provider takes in the query only. The request's own query must not name the parameter.</summary>
    public static EgressCredential InQuery(string parameter, Secret value) =>
        new(string.Empty, string.Empty, value) { QueryParameter = parameter };
}

public abstract record EgressOutcome
{
    private EgressOutcome() { }

    /// <param name="Body">Whole and bounded, scrubbed.</param>
    public sealed record Answered(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body) : EgressOutcome;

    /// <param name="Answer">The caller's to dispose.</param>
    public sealed record Streaming(EgressStream Answer) : EgressOutcome;

    /// <param name="MayHaveBeenSent">False only when certainly no byte of the request left.</param>
    /// <param name="Description">For logs and people; holds no secret and no address of ours.</param>
    public sealed record Failed(EgressFailure Failure, bool MayHaveBeenSent, string Description) : EgressOutcome;
}

public enum EgressFailure
{
    /// <summary>The URI leaves its origin, is not https, or the dialled address is not allowed.</summary>
    Refused = 1,
    NotConnected = 2,
    TimedOut = 3,
    Interrupted = 4,
    TooLarge = 5,
}
