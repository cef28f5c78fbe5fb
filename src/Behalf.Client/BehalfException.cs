namespace Behalf.Client;

/// <summary>The server refused a request, or could not be reached.</summary>
/// <param name="code">A stable name such as <c>unauthenticated</c>, <c>identifier_mismatch</c>, <c>unavailable</c>.</param>
/// <param name="message">For people; holds no secret.</param>
public sealed class BehalfException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Code { get; } = code;

    public BehalfErrorKind Kind { get; init; } = BehalfErrorKind.Internal;

    /// <value>Set once the server had committed an intent for the call.</value>
    public string? ExecutionId { get; init; }

    public IReadOnlyList<FieldViolation> Violations { get; init; } = [];

    /// <value>True: the user must (re)connect an account first.</value>
    public bool NeedsAuthorization { get; init; }

    /// <value>Where the user can (re)connect, when the server gave a link.</value>
    public Uri? AuthorizationLink { get; init; }

    /// <value>When to come back, for <see cref="BehalfErrorKind.RateLimited"/> and <see cref="BehalfErrorKind.Unavailable"/>.</value>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>The kinds of refusal a caller may want to tell apart.</summary>
public enum BehalfErrorKind
{
    Internal = 0,

    /// <summary>The request itself is wrong; repeating it unchanged fails again.</summary>
    InvalidArgument,

    /// <summary>No credential, or one that is expired, foreign or of the wrong type.</summary>
    Unauthenticated,

    /// <summary>A valid credential that may not do this.</summary>
    Forbidden,

    NotFound,
    AlreadyExists,

    /// <summary>The state of an account, connection or flow does not allow it now.</summary>
    FailedPrecondition,

    /// <summary>The provider refused or failed the call.</summary>
    ToolError,
    RateLimited,

    /// <summary>The server cannot be reached, or lacks something the call needs.</summary>
    Unavailable,

    /// <summary>No answer in time: whether a write took effect is not known.</summary>
    DeadlineExceeded,
}

/// <param name="Field">The field's wire name, dotted for nested ones.</param>
/// <param name="Constraint">The rule's name, such as <c>max_len</c>.</param>
public sealed record FieldViolation(string Field, string Description, string Constraint);
