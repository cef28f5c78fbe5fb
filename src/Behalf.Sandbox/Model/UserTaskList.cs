namespace Behalf.Sandbox.Model;

/// <summary>"My tasks" of one user in one workspace; its tasks are those assigned there.</summary>
internal sealed class UserTaskList : Entity
{
    public required User Owner { get; init; }
    public required Workspace Workspace { get; init; }

    public override string ResourceType => "user_task_list";
    public override string Title => "My tasks";
}
