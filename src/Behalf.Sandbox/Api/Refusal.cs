namespace Behalf.Sandbox.Api;

/// <summary>An answer other than success, thrown from wherever it becomes clear; the API writes it as Asana's error envelope.</summary>
internal sealed class Refusal(int status, string message) : Exception(message)
{
    public int Status { get; } = status;

    /// <value>Of 429: whole seconds until another call may succeed.</value>
    public int? RetryAfter { get; private init; }

    public static Refusal BadRequest(string message) => new(400, message);

    public static Refusal Missing(string field) => new(400, $"{field}: Missing input");

    public static Refusal NotWritable(string field) => new(400, $"{field}: Cannot write this property");

    public static Refusal NotAuthorized() => new(401, "Not Authorized");

    public static Refusal Expired() =>
        new(
            401,
            "The bearer token has expired. If you have a refresh token, please use it to request a new bearer token, otherwise allow the user to re-authenticate."
        );

    public static Refusal PlanRequired(string message) => new(402, message);

    /// <summary>The object exists and the caller may not know more.</summary>
    public static Refusal NoAccess(Entity item) =>
        new(403, $"You do not have access to this {item.ResourceType.Replace('_', ' ')}.");

    /// <summary>The caller sees the object, but the role does not allow this.</summary>
    public static Refusal RoleTooLow() => new(403, "Access denied");

    public static Refusal FullPermissionsRequired() => new(403, "Full permissions are required to use this endpoint.");

    /// <summary>Asana's wording is not published; this one is the practice Asana's own.</summary>
    public static Refusal ScopeMissing(string what, IEnumerable<string> scopes) =>
        new(403, $"{what} requires the scope {string.Join(", ", scopes)}, which this token does not have.");

    public static Refusal NoRoute() => new(404, "No matching route for request");

    public static Refusal Unknown(string label, string gid) => new(404, $"{label}: Unknown object: {gid}");

    public static Refusal WrongKind(string label, string gid) => new(404, $"{label}: Not a recognized ID: {gid}");

    public static Refusal TooManyRequests(int retryAfter) =>
        new(429, "You've made too many requests and hit a rate limit. Please retry after the given amount of time.")
        {
            RetryAfter = retryAfter,
        };

    /// <summary>As Asana's concurrency limit does, without a time to wait.</summary>
    public static Refusal TooManyAtOnce() =>
        new(429, "You've made too many requests and hit a rate limit. Please retry after the given amount of time.");
}
