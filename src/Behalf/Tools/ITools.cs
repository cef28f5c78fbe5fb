using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connections;
using Behalf.Identity;

namespace Behalf.Tools;

/// <summary>The scoped list and execution. The only entry of the room; safe to call concurrently.</summary>
public interface ITools
{
    /// <summary>
    /// What the subject may call now: account active ∧ granted scopes ⊇ needed ∧ allowed on the connection, by policy and
    /// by the credential's limits. The order is stable: connection name, then the definition's order. Names are those of
    /// the environment's style; a tool that the filter names is listed as it was named.
    /// </summary>
    Task<ScopedToolPage> ListScopedAsync(
        ActingSubject subject,
        ScopedToolFilter filter,
        ToolPageRequest page,
        CancellationToken cancellationToken
    );

    /// <summary>Every tool of the environment's connections, whoever may call it.</summary>
    Task<ToolPage> ListAsync(
        Principal principal,
        ToolFilter filter,
        ToolPageRequest page,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Runs one tool as the subject. Everything the list promised is checked again; nothing is sent before the intent is
    /// committed. An error of the provider is a problem of kind <see cref="ProblemKind.ToolError"/>. A repeat of a call gets
    /// that call's answer (docs/at-most-once.md).
    /// </summary>
    Task<Result<ToolAnswer>> ExecuteAsync(ActingSubject subject, ToolCall call, CancellationToken cancellationToken);

    /// <summary>Whether the subject may make this call now, and why; nothing is called, recorded or sent.</summary>
    Task<Explanation> ExplainAsync(ActingSubject subject, ToolCall call, CancellationToken cancellationToken);
}

/// <summary>Conditions of different fields narrow together; values within a field widen.</summary>
public sealed record ScopedToolFilter
{
    public IReadOnlyList<string> Connectors { get; init; } = [];

    public IReadOnlyList<string> ToolNames { get; init; } = [];

    public IReadOnlyList<string> ConnectionNames { get; init; } = [];
}

public sealed record ToolFilter
{
    public string? Connector { get; init; }

    public string? ConnectionName { get; init; }

    public IReadOnlyList<string> ToolNames { get; init; } = [];

    /// <value>Words that name or description must hold.</value>
    public string? Query { get; init; }
}

/// <param name="Size">1–100; 100 when the caller names none.</param>
/// <param name="Offset">Where the page begins in the stable order.</param>
public sealed record ToolPageRequest(int Size, int Offset);

public sealed record ScopedTool(OfferedTool Tool, ConnectedAccount Account);

/// <param name="Accounts">All of the subject's accounts, so that an empty list can say why.</param>
public sealed record ScopedToolPage(
    IReadOnlyList<ScopedTool> Tools,
    int TotalSize,
    IReadOnlyList<ConnectedAccount> Accounts
);

public sealed record ToolPage(IReadOnlyList<OfferedTool> Tools, int TotalSize);

public sealed record ToolCall
{
    public required string ToolName { get; init; }

    /// <value>At most 256 KiB, depth 32; numbers exactly as the caller sent them.</value>
    public required JsonElement Arguments { get; init; }

    /// <value>Narrows when the subject has the tool on several connections.</value>
    public ConnectionName? Connection { get; init; }

    public AccountId? Account { get; init; }

    public string? AgentRun { get; init; }

    public required string ActingThrough { get; init; }

    /// <value>The caller's own key, 1–255 printable ASCII characters: equal calls with it run once and share the answer.</value>
    public string? IdempotencyKey { get; init; }

    public AnswerDelivery Delivery { get; init; } = AnswerDelivery.Assumed;
}

/// <param name="Data">A JSON object, bounded, stripped of control, bidi and tag characters.</param>
public sealed record ToolAnswer(ExecutionId Execution, JsonObject Data);
