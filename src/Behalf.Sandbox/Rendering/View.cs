using Behalf.Sandbox.OAuth;

namespace Behalf.Sandbox.Rendering;

/// <summary>Through whose eyes, and with what grant, objects are rendered.</summary>
internal sealed record View(
    User Viewer,
    AccessRules Access,
    ScopeSet Scopes,
    DateTimeOffset Now,
    string Origin,
    DownloadLinks Links,
    ObjectStore Store
)
{
    public bool Sees(Entity item) => Access.CanRead(Viewer, item);

    public IEnumerable<T> Visible<T>(IEnumerable<T> items)
        where T : Entity => items.Where(Sees);

    /// <summary>A name that may be spoken to the viewer; null for what is hidden.</summary>
    public string? NameOf(Entity item) =>
        Sees(item) ? item.Title
        : item is User ? Renderer.PrivateUser
        : null;

    /// <summary>Where people open it; names no project, which might be hidden.</summary>
    public string Permalink(Entity item) =>
        $"{Origin}/1/{AccessRules.WorkspaceOf(item)?.Gid ?? "0"}/{item.ResourceType}/{item.Gid}";
}
