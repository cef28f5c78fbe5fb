using Behalf.Identity;

namespace Behalf.Tools;

/// <summary>The style of names an environment lists its tools under, as aliases of definitions call it.</summary>
internal sealed class ToolStyle(IEnvironmentStore environments)
{
    /// <returns>Null: the tools' own names.</returns>
    public async Task<string?> OfAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        (await environments.FindAsync(environment, cancellationToken))?.ToolNaming switch
        {
            null or ToolNaming.Behalf => null,
            { } other => other.ToString().ToLowerInvariant(),
        };
}
