using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Behalf.Agent;

/// <summary>One call of one tool that needs approval, waiting for a person.</summary>
public sealed class ApprovalRequest
{
    internal ApprovalRequest(string runId, int step, string toolName, JsonObject arguments, DateTimeOffset expiresAt)
    {
        RunId = runId;
        Step = step;
        ToolName = toolName;
        Arguments = arguments;
        ExpiresAt = expiresAt;
        ArgumentDigest = DigestOf(arguments);
    }

    public string RunId { get; }

    /// <value>The number of the call within the run, from 1.</value>
    public int Step { get; }

    public string ToolName { get; }

    /// <value>A copy; what runs is what <see cref="ArgumentDigest"/> was made of.</value>
    public JsonObject Arguments { get; }

    /// <value>SHA-256 of the arguments' JSON text, in hexadecimal.</value>
    public string ArgumentDigest { get; }

    public DateTimeOffset ExpiresAt { get; }

    /// <returns>A decision for this call only; for another call it counts as a refusal.</returns>
    public ApprovalDecision Approve() => new(this, Approved: true, Reason: "");

    /// <param name="reason">Told to the model.</param>
    public ApprovalDecision Refuse(string reason) => new(this, Approved: false, reason);

    internal static string DigestOf(JsonObject arguments) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(arguments.ToJsonString())));
}

/// <summary>Made by <see cref="ApprovalRequest.Approve"/> or <see cref="ApprovalRequest.Refuse"/>, and bound to that request.</summary>
public sealed class ApprovalDecision
{
    internal ApprovalDecision(ApprovalRequest request, bool Approved, string Reason)
    {
        Request = request;
        this.Approved = Approved;
        this.Reason = Reason;
    }

    internal ApprovalRequest Request { get; }

    public bool Approved { get; }

    public string Reason { get; }
}
