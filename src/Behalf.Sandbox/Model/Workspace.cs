namespace Behalf.Sandbox.Model;

internal sealed class Workspace : Entity
{
    public required string Name { get; set; }
    public bool IsOrganization { get; init; }

    /// <summary>False on the free plan, where search and custom fields answer 402.</summary>
    public bool IsPremium { get; init; }

    public IReadOnlyList<string> EmailDomains { get; init; } = [];

    /// <summary>What followers of a task may do on it when no project of it says otherwise.</summary>
    public AccessLevel CollaboratorLevel { get; init; } = AccessLevel.Comment;

    public List<WorkspaceMember> Members { get; } = [];

    public override string ResourceType => "workspace";
    public override string Title => Name;

    public WorkspaceMember? Find(User user) => Members.Find(m => m.User == user);
}

internal sealed record WorkspaceMember(User User, bool IsGuest, bool IsAdmin);
