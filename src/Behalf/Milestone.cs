using System.Diagnostics;

namespace Behalf;

/// <summary>
/// Named points of the walks, published to the <see cref="DiagnosticListener"/> <c>Behalf</c>: telemetry and the crash
/// suite listen there. Costs a field read when nobody listens. Payloads hold ids, never secrets.
/// </summary>
public static class Milestone
{
    public const string ListenerName = "Behalf";

    public const string LinkCreated = "connect.link_created";
    public const string FlowStarted = "connect.flow_started";
    public const string CodeStored = "connect.code_stored";
    public const string VerifyCommitted = "connect.verify_committed";
    public const string TokensReceived = "connect.tokens_received";
    public const string AccountActive = "connect.account_active";
    public const string RefreshLeaseTaken = "refresh.lease_taken";
    public const string RefreshAttemptCommitted = "refresh.attempt_committed";
    public const string RefreshTokensReceived = "refresh.tokens_received";
    public const string RefreshCommitted = "refresh.committed";
    public const string IntentCommitted = "call.intent_committed";
    public const string RequestCommitted = "call.request_committed";
    public const string UpstreamAnswered = "call.upstream_answered";
    public const string CallCompleted = "call.completed";
    public const string RevokeCommitted = "revoke.committed";
    public const string RevokeAnswered = "revoke.upstream_answered";
    public const string CopyBundleCommitted = "copy.bundle_committed";

    private static readonly DiagnosticListener Listener = new(ListenerName);

    /// <param name="name">One of the constants above.</param>
    /// <param name="id">The flow, account, execution or table it happened to, in text form.</param>
    public static void Reached(string name, string id)
    {
        if (Listener.IsEnabled(name))
        {
            Listener.Write(name, id);
        }
    }
}
