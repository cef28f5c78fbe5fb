using Behalf.Connections;
using Behalf.Identity;

namespace Behalf.Limits;

/// <summary>
/// Bulkheads: a noisy user, a busy application or a slow provider fills its own share of this node and no other. What is
/// over a limit is turned away at once with the time to come back; nothing queues. Safe to call concurrently.
/// </summary>
public interface ILimits
{
    /// <summary>For one call of a tool or through the proxy, before its intent.</summary>
    /// <returns>To dispose when the call has ended; or <see cref="ProblemKind.RateLimited"/>.</returns>
    Result<IDisposable> EnterCall(ActingSubject subject, Connection connection);

    /// <summary>For one request to the API, by whoever sends it.</summary>
    /// <inheritdoc cref="EnterCall" path="/returns" />
    Result<IDisposable> EnterRequest(Principal caller);

    /// <summary>For one request to an MCP server, by whoever was let in there.</summary>
    /// <inheritdoc cref="EnterCall" path="/returns" />
    Result<IDisposable> EnterRequest(ActingSubject visitor);

    /// <summary>For one link at which the subject connects an account, before anything of it is written.</summary>
    /// <inheritdoc cref="EnterCall" path="/returns" />
    Result<IDisposable> EnterLink(ActingSubject subject);
}
