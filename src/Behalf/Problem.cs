using System.Diagnostics.CodeAnalysis;

namespace Behalf;

/// <summary>The kinds of expected refusal. Each door translates them once into its own protocol.</summary>
public enum ProblemKind
{
    /// <summary>The request itself is wrong; repeating it unchanged fails again.</summary>
    InvalidArgument,

    /// <summary>No credential, or one that is expired, foreign or of the wrong type.</summary>
    Unauthenticated,

    /// <summary>A valid credential that may not do this.</summary>
    Forbidden,

    /// <summary>Unknown, or of another environment or user: the two answer alike.</summary>
    NotFound,

    AlreadyExists,

    /// <summary>The state of an account, connection or flow does not allow it now; the message holds the state's name.</summary>
    FailedPrecondition,

    /// <summary>The provider refused or failed the call; carries an execution id.</summary>
    ToolError,

    /// <summary>Our own limit; <see cref="Problem.RetryAfter"/> says when to come back.</summary>
    RateLimited,

    /// <summary>Something the call needs cannot be had for the moment (audit, vault, database, provider).</summary>
    Unavailable,

    DeadlineExceeded,

    /// <summary>Our own fault; the message holds nothing but a number that also stands in the log.</summary>
    Internal,
}

/// <summary>An expected refusal, written for the caller: a stable code, one sentence, nothing secret.</summary>
/// <param name="Kind">What the door translates.</param>
/// <param name="Code">A stable snake_case name, such as <c>identifier_mismatch</c> or <c>account_not_active</c>.</param>
/// <param name="Message">What happened, to whom, and the one next step.</param>
public sealed record Problem(ProblemKind Kind, string Code, string Message)
{
    public IReadOnlyList<FieldViolation> Violations { get; init; } = [];

    /// <value>The connection at which the user has to (re)connect, when that is the next step.</value>
    public ConnectionName? Reconnect { get; init; }

    /// <value>Where the user does so: single-use, for this caller's user.</value>
    public string? AuthorizationLink { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <value>Set once an intent was committed for the call.</value>
    public ExecutionId? Execution { get; init; }

    /// <value>For <see cref="ProblemKind.ToolError"/>: the status the provider answered with, when it answered.</value>
    public int? ProviderStatus { get; init; }

    /// <value>What the provider asks the person before it goes on; the call is made again with the answers.</value>
    public PendingQuestions? Asked { get; init; }

    /// <value>
    /// The call ended before what it is for was begun, for a reason that somebody can remove at any moment: whoever calls
    /// again is not given this answer a second time.
    /// </value>
    public bool IsOfTheMoment { get; init; }

    public static Problem Invalid(string code, string message) => new(ProblemKind.InvalidArgument, code, message);

    public static Problem Invalid(string field, string constraint, string description) =>
        new(ProblemKind.InvalidArgument, "invalid_argument", $"{field}: {description}")
        {
            Violations = [new FieldViolation(field, description, constraint)],
        };

    /// <param name="violations">At least one; the first one makes the message.</param>
    public static Problem Invalid(IReadOnlyList<FieldViolation> violations) =>
        Invalid("invalid_argument", $"{violations[0].Field}: {violations[0].Description}") with
        {
            Violations = violations,
        };

    public static Problem Forbidden(string code, string message) => new(ProblemKind.Forbidden, code, message);

    /// <summary>One answer for unknown and foreign things alike.</summary>
    public static Problem NotFound(string what) => new(ProblemKind.NotFound, "not_found", $"{what} not found");
}

/// <param name="Field">The field's wire name, dotted for nested ones.</param>
/// <param name="Description">What is wrong with it.</param>
/// <param name="Constraint">The rule's name, such as <c>max_len</c>.</param>
public sealed record FieldViolation(string Field, string Description, string Constraint);

/// <summary>A value, or the problem that stands in its way.</summary>
public readonly struct Result<T>
    where T : notnull
{
    private Result(T? value, Problem? problem)
    {
        Value = value;
        Problem = problem;
    }

    public T? Value { get; }

    public Problem? Problem { get; }

    /// <summary>True: <see cref="Value"/> is there. False: <see cref="Problem"/> is there. A default instance is neither and throws where used.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Problem))]
    public bool Succeeded => Problem is null && Value is not null;

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Problem problem) => new(default, problem);

    public Result<TOther> To<TOther>(Func<T, TOther> map)
        where TOther : notnull => Succeeded ? map(Value) : Problem;
}

/// <summary>The value of an operation that has nothing to say but that it is done.</summary>
public readonly record struct Done
{
    public static Done Value => default;
}
