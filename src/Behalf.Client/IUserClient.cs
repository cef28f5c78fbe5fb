using System.Text.Json;
using System.Text.Json.Nodes;

namespace Behalf.Client;

/// <summary>
/// Behalf as one user may use it. No method takes an identifier: whoever holds it cannot choose another user, whatever a
/// model or a tool result says. Its short-lived session is renewed by a callback of the application. Safe to call
/// concurrently.
/// </summary>
public interface IUserClient
{
    /// <summary>Every tool the user may call now, in the server's stable order, and the accounts it comes from.</summary>
    /// <exception cref="BehalfException">The server refused or could not be reached.</exception>
    Task<UserTools> ListToolsAsync(CancellationToken cancellationToken = default);

    /// <summary>Runs one tool. A failure of the tool is an outcome; a broken or refused request is an exception.</summary>
    /// <param name="toolName">As listed.</param>
    /// <param name="arguments">By the tool's input schema.</param>
    /// <param name="agentRunId">At most 255 characters; stands in the audit trail beside the call.</param>
    Task<ToolOutcome> CallToolAsync(
        string toolName,
        JsonObject arguments,
        string? agentRunId = null,
        CancellationToken cancellationToken = default
    );
}

public sealed record UserTools(IReadOnlyList<UserTool> Tools, IReadOnlyList<UserAccount> Accounts);

/// <param name="InputSchema">JSON Schema, ready to be offered to a model.</param>
public sealed record UserTool(
    string Name,
    string Title,
    string Description,
    JsonElement InputSchema,
    string ConnectionName,
    bool IsReadOnly,
    bool IsDestructive,
    bool IsIdempotent
);

/// <param name="Status">As on the wire, such as <c>ACTIVE</c> or <c>EXPIRED</c>.</param>
public sealed record UserAccount(string Id, string ConnectionName, string Connector, string Status)
{
    public bool IsActive => Status == "ACTIVE";
}

public abstract record ToolOutcome
{
    private ToolOutcome() { }

    public sealed record Succeeded(JsonObject Data, string ExecutionId) : ToolOutcome;

    /// <param name="Code">A stable name such as <c>not_found_or_no_access</c>, <c>invalid_input</c>, <c>account_not_active</c>.</param>
    /// <param name="Message">Written for a model or a person.</param>
    /// <param name="NeedsAuthorization">True: the user must (re)connect this account first.</param>
    public sealed record Failed(string Code, string Message, string? ExecutionId, bool NeedsAuthorization) : ToolOutcome;
}

/// <summary>The server refused a request, or could not be reached.</summary>
/// <param name="code">A stable name such as <c>unauthenticated</c>, <c>permission_denied</c>, <c>unavailable</c>.</param>
/// <param name="message">For people; holds no secret.</param>
public sealed class BehalfException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Code { get; } = code;
}
