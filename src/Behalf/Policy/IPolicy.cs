using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Operations;
using Behalf.Identity;

namespace Behalf.Policy;

/// <summary>Allow or deny, before anything is written or sent. Rules never widen: the grant and the provider decide further.</summary>
public interface IPolicy
{
    /// <summary>Also decides what is listed: a tool that is denied is not shown.</summary>
    PolicyDecision Decide(ActingSubject subject, Connection connection, ToolDefinition tool);

    /// <param name="operation">Null: none that the connector knows, which counts as a write.</param>
    PolicyDecision DecideProxy(ActingSubject subject, Connection connection, Operation? operation);
}

public abstract record PolicyDecision
{
    private PolicyDecision() { }

    public sealed record Allow : PolicyDecision
    {
        public static Allow Instance { get; } = new();
    }

    /// <param name="Code">A stable name such as <c>tool_not_allowed</c>.</param>
    /// <param name="Message">For the caller and the model.</param>
    public sealed record Deny(string Code, string Message) : PolicyDecision;
}
