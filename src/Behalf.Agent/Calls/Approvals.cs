using System.Text.Json.Nodes;

namespace Behalf.Agent.Calls;

/// <summary>Asks for calls that delete or change who sees something, one at a time. A decision counts for its own request, once, and until it expires.</summary>
internal sealed class Approvals(
    string runId,
    AgentOptions options,
    TimeProvider clock,
    Func<AgentEvent, CancellationToken, Task> emit
)
{
    /// <returns>Null when the call may run, else the reason why not, for the model.</returns>
    public async Task<string?> RefusalAsync(
        int step,
        string toolName,
        JsonObject arguments,
        CancellationToken cancellationToken
    )
    {
        if (options.ApproveAsync is not { } approve)
        {
            return "This tool deletes things or changes who can see them and needs the user's approval, which cannot be asked for "
                + "here. Nothing was done. Tell the user.";
        }

        var request = new ApprovalRequest(
            runId,
            step,
            toolName,
            arguments.DeepClone().AsObject(),
            clock.GetUtcNow() + options.ApprovalLifetime
        );
        await emit(new AgentEvent.ApprovalAsked(request), cancellationToken);
        var decision = await approve(request, cancellationToken);
        return decision switch
        {
            null => "No decision was given. Nothing was done.",
            _ when !ReferenceEquals(decision.Request, request) =>
                "The approval was given for another call. Nothing was done.",
            { Approved: false } => $"The user declined. Nothing was done. {decision.Reason}".TrimEnd(),
            _ when clock.GetUtcNow() >= request.ExpiresAt => "The approval came too late. Nothing was done.",
            _ when request.ArgumentDigest != ApprovalRequest.DigestOf(arguments) =>
                "The arguments changed after the approval. Nothing was done.",
            _ => null,
        };
    }
}
