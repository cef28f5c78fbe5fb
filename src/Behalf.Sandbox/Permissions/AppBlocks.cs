using Behalf.Sandbox.OAuth;

namespace Behalf.Sandbox.Permissions;

/// <summary>
/// Apps that a workspace's administrator does not allow there: what lies in it is not listed to them, and a request about
/// it is answered as if the token were none. Runs under <c>ObjectStore.Gate</c>.
/// </summary>
internal sealed class AppBlocks
{
    private readonly HashSet<(App App, Workspace Workspace)> _blocked = [];
    private App? _caller;

    /// <summary>Whose request is carried out from now on; null: nobody's, or a personal token's.</summary>
    public void Judge(App? caller) => _caller = caller;

    public void Set(App app, Workspace workspace, bool blocked)
    {
        if (blocked)
        {
            _blocked.Add((app, workspace));
        }
        else
        {
            _blocked.Remove((app, workspace));
        }
    }

    public void Clear() => _blocked.Clear();

    public IEnumerable<(App App, Workspace Workspace)> All => _blocked;

    /// <summary>Whether the app of the request at hand may not touch this.</summary>
    public bool Covers(Entity item) =>
        _caller is { } app
        && _blocked.Count > 0
        && AccessRules.WorkspaceOf(item) is { } workspace
        && _blocked.Contains((app, workspace));
}
