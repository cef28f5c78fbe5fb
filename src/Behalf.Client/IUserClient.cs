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

    /// <summary>
    /// Tools that words describe, among all the user may call now, also those that <see cref="ListToolsAsync"/> leaves
    /// out. The best first; none when no word fits.
    /// </summary>
    /// <param name="query">1–2,000 characters.</param>
    /// <param name="most">1–25.</param>
    /// <exception cref="BehalfException">The server refused or could not be reached.</exception>
    Task<IReadOnlyList<UserTool>> SearchToolsAsync(
        string query,
        int most = 8,
        CancellationToken cancellationToken = default
    );

    /// <summary>Whether the user may call the tool now, and why. Nothing is called.</summary>
    /// <param name="toolName">Any of its names, also of a tool that is not listed.</param>
    /// <exception cref="ArgumentException">The arguments hold a number that cannot be sent exactly.</exception>
    /// <exception cref="BehalfException">The server refused or could not be reached.</exception>
    Task<ToolExplanation> ExplainToolAsync(
        string toolName,
        JsonObject arguments,
        CancellationToken cancellationToken = default
    );

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
)
{
    /// <value>True: it changes who can see something.</value>
    public bool ChangesAccess { get; init; }

    /// <value>About what the definition takes of a model's context: a token for every four characters.</value>
    public int ApproximateTokens => ToolDescription.TokensOf(Name, Description, InputSchema);

    /// <value>True: a person should agree to each call.</value>
    public bool NeedsApproval => IsDestructive || ChangesAccess;
}

/// <param name="Status">As on the wire, such as <c>ACTIVE</c> or <c>EXPIRED</c>.</param>
public sealed record UserAccount(string Id, string ConnectionName, string Connector, string Status)
{
    public bool IsActive => Status == "ACTIVE";
}
