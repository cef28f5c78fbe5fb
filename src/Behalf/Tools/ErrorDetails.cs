using Behalf.Audit;
using Behalf.Identity;

namespace Behalf.Tools;

/// <summary>
/// What the audit keeps of a failure: the problem's code, and where the environment logs errors in detail also the sentence
/// that the caller was given, which may quote the provider. Asked for failures only.
/// </summary>
internal sealed class ErrorDetails(IEnvironmentStore environments)
{
    /// <summary>Never fails: a completion must not wait for a setting.</summary>
    public async Task<string> OfAsync(EnvironmentId environment, Problem problem)
    {
        try
        {
            DeploymentEnvironment? found = await environments.FindAsync(environment, CancellationToken.None);
            return found is { DetailedErrorLogging: true } ? $"{problem.Code}: {problem.Message}" : problem.Code;
        }
        catch (Exception failure) when (AuditOutage.IsStorageFailure(failure))
        {
            return problem.Code; // the outage is told by the record that follows
        }
    }
}
