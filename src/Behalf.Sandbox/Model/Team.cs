namespace Behalf.Sandbox.Model;

internal enum TeamVisibility
{
    Public,
    RequestToJoin,
    Secret,
}

internal sealed class Team : Entity
{
    public required string Name { get; set; }
    public required Workspace Workspace { get; init; }
    public TeamVisibility Visibility { get; init; }
    public string Description { get; set; } = "";
    public List<TeamMember> Members { get; } = [];

    public override string ResourceType => "team";
    public override string Title => Name;

    /// <summary>Limited access members are in some projects of the team, not in the team.</summary>
    public bool HasFullMember(User user) => Members.Exists(m => m.User == user && !m.IsLimited);
}

internal sealed record TeamMember(User User, bool IsLimited);
