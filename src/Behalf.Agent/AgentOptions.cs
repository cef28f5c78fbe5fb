using Behalf.Client;

namespace Behalf.Agent;

public sealed record AgentOptions
{
    public AgentLimits Limits { get; init; } = new();

    /// <value>How sentences about the user begin, such as "Carol". Default "You".</value>
    public string DisplayName { get; init; } = "You";

    /// <value>Added to the system prompt. Default: nothing.</value>
    public string? Instructions { get; init; }

    /// <value>
    /// Asked before each call of a destructive tool, one at a time. Default: every such call is refused with an
    /// explanation.
    /// </value>
    public Func<ApprovalRequest, CancellationToken, Task<ApprovalDecision>>? ApproveAsync { get; init; }

    /// <value>An approval that arrives later counts as none. Default 10 minutes.</value>
    public TimeSpan ApprovalLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <value>
    /// How many tools the model is shown at first: those that the prompt's words fit best. It finds the others with
    /// <c>search_tools</c> and is shown what it found. Null, the default: every listed tool.
    /// </value>
    public int? ToolsShown { get; init; }

    /// <value>
    /// Makes the link at which the user (re)connects an account. Default: only the link that a refused call brings along.
    /// </value>
    public Func<UserAccount, CancellationToken, Task<Uri?>>? AuthorizationLink { get; init; }
}

/// <summary>Hard limits of one run; none can be lifted by the model or by a tool result.</summary>
public sealed record AgentLimits
{
    /// <value>Model turns. Default 12.</value>
    public int Turns { get; init; } = 12;

    /// <value>Tool calls run in one turn; the rest get error results. Default 16.</value>
    public int CallsPerTurn { get; init; } = 16;

    /// <value>Tool calls run in all. Default 64.</value>
    public int Calls { get; init; } = 64;

    /// <value>Read-only calls at a time; others run one after another in the order asked. Default 4.</value>
    public int ConcurrentCalls { get; init; } = 4;

    /// <value>Per model turn. Default 4,096.</value>
    public int OutputTokensPerTurn { get; init; } = 4_096;

    /// <value>Input and output over all turns. Default 400,000.</value>
    public long TotalTokens { get; init; } = 400_000;

    /// <value>From the first look at the tools to the end, waiting for approvals included. Default 10 minutes.</value>
    public TimeSpan WallTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <value>Bytes of UTF-8 a single result may hold; more is cut, with a marker. Default 24 KiB.</value>
    public int ResultBytes { get; init; } = 24 * 1024;

    /// <value>Tries of one model turn when the model is overloaded or unreachable. Default 4.</value>
    public int ModelAttempts { get; init; } = 4;

    /// <value>Characters of the prompt. Default 100,000.</value>
    public int PromptLength { get; init; } = 100_000;

    /// <value>In the currency of <see cref="Price"/>. Default: no limit.</value>
    public decimal? Cost { get; init; }

    /// <value>The price of a run so far; needed for <see cref="Cost"/>.</value>
    public Func<AgentUsage, decimal>? Price { get; init; }
}
