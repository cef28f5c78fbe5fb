using System.Text.Json.Nodes;

namespace Behalf.Agent;

/// <summary>What happens in a run, in the order in which it happens. The last one is always <see cref="Completed"/>.</summary>
public abstract record AgentEvent
{
    private AgentEvent() { }

    /// <summary>The tools the user may call in this run; the list stays as it is until the run ends.</summary>
    public sealed record Discovered(string RunId, int Tools, IReadOnlyList<Client.UserAccount> Accounts) : AgentEvent
    {
        /// <value>How many of them the model is shown at first.</value>
        public int Shown { get; init; } = Tools;

        /// <value>About what the definitions of those take of the model's context, in every turn.</value>
        public int ShownTokens { get; init; }
    }

    /// <summary>A piece of what the model says.</summary>
    public sealed record TextDelta(string Text) : AgentEvent;

    /// <summary>
    /// A model turn is tried again; text of the failed attempt is void. Tools never ran in a turn that is tried again.
    /// </summary>
    public sealed record Retrying(int Attempt, string Reason, TimeSpan Delay) : AgentEvent;

    public sealed record ToolCalling(string CallId, string Name, JsonObject Arguments) : AgentEvent;

    /// <summary>The answer to a call; a call refused before it ran has this event only.</summary>
    /// <param name="Ok">False for every kind of refusal and failure.</param>
    /// <param name="Summary">One line for people, at most 200 characters.</param>
    /// <param name="ExecutionId">The server's record of the call, when one was made.</param>
    public sealed record ToolReturned(
        string CallId,
        string Name,
        bool Ok,
        TimeSpan Duration,
        string Summary,
        string? ExecutionId
    ) : AgentEvent;

    /// <summary>A destructive tool waits for <see cref="AgentOptions.ApproveAsync"/>.</summary>
    public sealed record ApprovalAsked(ApprovalRequest Request) : AgentEvent;

    /// <summary>The user must connect or reconnect this account. Once per account and run.</summary>
    /// <param name="Status">As on the wire, such as <c>EXPIRED</c>.</param>
    /// <param name="Link">For the user's eyes only; it is never given to the model.</param>
    public sealed record AuthorizationRequired(string ConnectionName, string Status, Uri? Link) : AgentEvent;

    public sealed record LimitReached(AgentLimit Limit, string Detail) : AgentEvent;

    /// <param name="Text">The model's last words, or a sentence on why there are none.</param>
    public sealed record Completed(string RunId, string Text, AgentUsage Usage, AgentStop Stop) : AgentEvent;
}

public enum AgentLimit
{
    Turns,
    CallsPerTurn,
    Calls,
    OutputTokens,
    TotalTokens,
    WallTime,
    Cost,
}

/// <summary>Why a run ended.</summary>
public enum AgentStop
{
    /// <summary>The model ended its turn.</summary>
    Answered,

    /// <summary>No account is active; the links are in <see cref="AgentEvent.AuthorizationRequired"/>.</summary>
    AuthorizationRequired,
    LimitReached,

    /// <summary>The model declined to go on.</summary>
    Declined,

    /// <summary>The model could not be reached, refused the request, or its answer was cut twice.</summary>
    ModelFailed,

    /// <summary>Behalf could not be reached or refused to list the tools.</summary>
    ServerFailed,
}

/// <param name="InputTokens">As the model reports them, over all turns.</param>
/// <param name="ToolCalls">Calls that were sent to Behalf.</param>
public sealed record AgentUsage(long InputTokens, long OutputTokens, int Turns, int ToolCalls)
{
    public static AgentUsage None { get; } = new(0, 0, 0, 0);

    public long TotalTokens => InputTokens + OutputTokens;
}
