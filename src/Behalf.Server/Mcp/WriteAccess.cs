using Behalf.Audit;
using Behalf.Mcp;
using Behalf.Policy;
using Behalf.Tools;

namespace Behalf.Server.Mcp;

/// <summary>Whether a call needs more than a token for reading allows, which has to be known before the answer begins.</summary>
internal sealed class WriteAccess(ITools tools, IAudit audit)
{
    public async Task<bool> IsMissingAsync(McpVisit visit, string tool, CancellationToken cancellationToken)
    {
        Explanation explanation = await tools.ExplainAsync(
            visit.Subject,
            new ToolCall
            {
                ToolName = tool,
                Arguments = McpMessage.NoArguments,
                ActingThrough = "mcp",
            },
            cancellationToken
        );
        if (explanation.Checks.All(check => check.Code != PolicyCodes.ReadOnlyCredential))
        {
            return false;
        }

        await audit.DenyAsync(
            new AuditDraft
            {
                Environment = visit.Subject.Environment,
                Kind = AuditKind.Denial,
                Action = "tool.call",
                Identifier = visit.Subject.Identifier.Value,
                Principal = visit.Subject.Principal.ClientId,
                ActingThrough = ToolCalling.ActingThrough(visit),
                Tool = tool,
                Decision = "deny",
                Outcome = PolicyCodes.ReadOnlyCredential,
            },
            cancellationToken
        );
        return true;
    }
}
