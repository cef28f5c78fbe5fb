using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Custom;
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

    /// <summary>
    /// Tools that words describe, among all the subject may call now, also those that no list holds by default. The best
    /// first; the order is the same for the same words.
    /// </summary>
    /// <param name="most">At least 1.</param>
    Task<IReadOnlyList<ScopedTool>> SearchAsync(
        ActingSubject subject,
        string query,
        int most,
        CancellationToken cancellationToken
    );

    /// <summary>Every tool of the environment's connections, whoever may call it.</summary>
    Task<ToolPage> ListAsync(
        Principal principal,
        ToolFilter filter,
        ToolPageRequest page,
        CancellationToken cancellationToken
    );

    /// <summary>The names of all tools of a connection, whoever may call them.</summary>
    Task<IReadOnlySet<string>> NamesOfAsync(Connection connection, CancellationToken cancellationToken);

    /// <summary>
    /// Runs one tool as the subject. Everything the list promised is checked again; nothing is sent before the intent is
    /// committed. An error of the provider is a problem of kind <see cref="ProblemKind.ToolError"/>. A repeat of a call gets
    /// that call's answer (docs/at-most-once.md).
    /// </summary>
    Task<Result<ToolAnswer>> ExecuteAsync(ActingSubject subject, ToolCall call, CancellationToken cancellationToken);

    /// <summary>Defines a tool for a connector in the credential's environment; it is offered at once if it is the default.</summary>
    /// <returns>As the newest revision of the connector carries it.</returns>
    Task<Result<ToolDefinition>> CreateAsync(Principal principal, NewTool tool, CancellationToken cancellationToken);

    /// <summary>
    /// What differs from the newest version becomes a version of its own, which is offered only once it is made the
    /// default; what equals it is answered with it.
    /// </summary>
    Task<Result<ToolDefinition>> UpdateAsync(
        Principal principal,
        ToolId id,
        NewTool tool,
        CancellationToken cancellationToken
    );

    /// <param name="name">With or without the connector's name before it.</param>
    Task<Result<ToolDefinition>> SetDefaultAsync(
        Principal principal,
        string name,
        ToolVersion version,
        CancellationToken cancellationToken
    );

    /// <summary>Removes a custom tool with all its versions.</summary>
    Task<Result<Done>> DeleteAsync(Principal principal, ToolId id, CancellationToken cancellationToken);

    /// <summary>Whether the subject may make this call now, and why; nothing is called, recorded or sent.</summary>
    Task<Explanation> ExplainAsync(ActingSubject subject, ToolCall call, CancellationToken cancellationToken);
}

/// <summary>A custom tool as an application gives it.</summary>
public sealed record NewTool
{
    /// <value>The connector's slug; empty on a change: as before.</value>
    public required string Connector { get; init; }

    /// <value>With or without the connector's slug and an underscore before it.</value>
    public required string Name { get; init; }

    /// <value>JSON text of an object.</value>
    public required string Definition { get; init; }

    /// <value>JSON text of an object.</value>
    public required string Procedure { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <value>Whether the first version is offered; null: yes.</value>
    public bool? IsDefault { get; init; }
}

/// <summary>Conditions of different fields narrow together; values within a field widen.</summary>
public sealed record ScopedToolFilter
{
    public IReadOnlyList<string> Connectors { get; init; } = [];

    public IReadOnlyList<string> ToolNames { get; init; } = [];

    public IReadOnlyList<string> ConnectionNames { get; init; } = [];

    /// <value>True: also what no list holds by default.</value>
    public bool All { get; init; }
}

public sealed record ToolFilter
{
    public string? Connector { get; init; }

    public string? ConnectionName { get; init; }

    /// <value>Only tools of these connections; null: of all.</value>
    public IReadOnlySet<string>? WithinConnections { get; init; }

    public IReadOnlyList<string> ToolNames { get; init; } = [];

    /// <value>Words that name or description must hold.</value>
    public string? Query { get; init; }

    /// <value>True: also the versions of custom tools that are not the default, of the names in <see cref="ToolNames"/>.</value>
    public bool AllVersions { get; init; }
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

    /// <value>Hears how far the call is, in order, before the answer; must not throw. Null: nobody listens.</value>
    public Func<CallAdvance, Task>? OnAdvance { get; init; }

    /// <value>Null: nobody can be asked anything.</value>
    public CallAsking? Asking { get; init; }
}

/// <summary>One request that a call is about to make at its provider. How many there will be is not known.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Provider">The connector's name, for people.</param>
public sealed record CallAdvance(int Number, string Provider);

/// <param name="Data">A JSON object, bounded, stripped of control, bidi and tag characters.</param>
public sealed record ToolAnswer(ExecutionId Execution, JsonObject Data);
