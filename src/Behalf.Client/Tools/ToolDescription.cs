using System.Text.Json;

namespace Behalf.Client;

/// <param name="InputSchema">JSON Schema, ready to be offered to a model.</param>
/// <param name="Connector">The connector's slug.</param>
public sealed record ToolDescription(
    string Name,
    string Title,
    string Description,
    JsonElement InputSchema,
    string Connector,
    string Category,
    bool IsReadOnly,
    bool IsDestructive,
    bool IsIdempotent
)
{
    /// <value>True: it changes who can see something.</value>
    public bool ChangesAccess { get; init; }

    /// <value>False: in no list unless it is asked for by name or by words.</value>
    public bool IsDefault { get; init; } = true;

    /// <value>About what the definition takes of a model's context: a token for every four characters.</value>
    public int ApproximateTokens => TokensOf(Name, Description, InputSchema);

    internal static int TokensOf(string name, string description, JsonElement schema) =>
        (
            name.Length
            + description.Length
            + (schema.ValueKind == JsonValueKind.Undefined ? 0 : schema.GetRawText().Length)
            + 3
        ) / 4;
}

/// <param name="AccountId">The account the tool would run with.</param>
public sealed record ScopedTool(ToolDescription Tool, string Identifier, string AccountId);

/// <summary>Conditions of different properties narrow together; values within one widen.</summary>
public sealed record ScopedToolQuery
{
    public IReadOnlyList<string> Connectors { get; init; } = [];

    public IReadOnlyList<string> ToolNames { get; init; } = [];

    public IReadOnlyList<string> ConnectionNames { get; init; } = [];
}

/// <summary>Each given condition narrows.</summary>
public sealed record ToolQuery
{
    /// <value>A connector's slug.</value>
    public string? Connector { get; init; }

    public string? ConnectionName { get; init; }

    public IReadOnlyList<string> ToolNames { get; init; } = [];

    /// <value>3–100 characters that name or description must hold.</value>
    public string? Text { get; init; }
}

public sealed record ExecuteOptions
{
    /// <value>Needed when the user has the tool on several connections.</value>
    public string? ConnectionName { get; init; }

    public string? AccountId { get; init; }

    /// <value>At most 255 characters; stands in the audit trail beside the call.</value>
    public string? AgentRunId { get; init; }

    /// <value>
    /// 1–255 printable ASCII characters. Calls with the same key within 24 hours run once and share the answer; null: a
    /// fresh key for each call.
    /// </value>
    public string? IdempotencyKey { get; init; }
}
