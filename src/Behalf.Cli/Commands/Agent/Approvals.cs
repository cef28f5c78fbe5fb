using Behalf.Agent;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Agent;

/// <summary>Asks the person at the terminal before a destructive tool runs.</summary>
internal sealed class Approvals(Invocation call)
{
    public async Task<ApprovalDecision> AskAsync(ApprovalRequest request, CancellationToken cancellationToken)
    {
        call.Report.Remark($"Allow {request.ToolName} {request.Arguments.ToJsonString()}? Type yes to allow it.");
        var answer = await call.Surroundings.Lines.ReadAsync(cancellationToken);
        return string.Equals(answer?.Trim(), "yes", StringComparison.OrdinalIgnoreCase)
            ? request.Approve()
            : request.Refuse("The user did not allow it.");
    }
}
