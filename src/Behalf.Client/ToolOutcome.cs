using System.Text.Json.Nodes;

namespace Behalf.Client;

/// <summary>What became of a tool call that reached the server.</summary>
public abstract record ToolOutcome
{
    private ToolOutcome() { }

    public sealed record Succeeded(JsonObject Data, string ExecutionId) : ToolOutcome;

    /// <param name="Code">A stable name such as <c>not_found_or_no_access</c>, <c>invalid_input</c>, <c>account_not_active</c>.</param>
    /// <param name="Message">Written for a model or a person.</param>
    /// <param name="NeedsAuthorization">True: the user must (re)connect this account first.</param>
    public sealed record Failed(string Code, string Message, string? ExecutionId, bool NeedsAuthorization) : ToolOutcome
    {
        /// <value>The kind of refusal behind the code.</value>
        public BehalfErrorKind Kind { get; init; } = BehalfErrorKind.ToolError;

        public IReadOnlyList<FieldViolation> Violations { get; init; } = [];

        /// <value>Where the user can (re)connect, when the server gave a link.</value>
        public Uri? AuthorizationLink { get; init; }
    }
}
