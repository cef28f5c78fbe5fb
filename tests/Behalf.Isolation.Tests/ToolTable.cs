using System.Text.Json.Nodes;

namespace Behalf.Isolation.Tests;

/// <param name="Tool">As offered.</param>
/// <param name="Takes">The kind of object it is pointed at, or null when it takes none.</param>
/// <param name="Argument">The argument that names the object.</param>
/// <param name="Others">Further arguments that make the call complete.</param>
/// <param name="Writes">True: it must fail on what the person may only read, and change nothing.</param>
public sealed record ToolCase(string Tool, Kind? Takes, string Argument, JsonObject Others, bool Writes)
{
    public JsonObject With(string spelling)
    {
        JsonObject arguments = Others.DeepClone().AsObject();
        arguments[Argument] = spelling;
        return arguments;
    }
}

/// <summary>How every tool is pointed at objects; written by hand, and a rule says that no tool is missing.</summary>
public static class ToolTable
{
    public static IReadOnlyList<ToolCase> Cases { get; } =
    [
        None("asana_get_me"),
        None("asana_list_workspaces"),
        None("asana_list_my_tasks", ("limit", 100)),
        Read("asana_find", Kind.Task, "query", ("type", "task")),
        Read("asana_find", Kind.Project, "query", ("type", "project")),
        Read("asana_find", Kind.User, "query", ("type", "user")),
        Read("asana_find", Kind.Tag, "query", ("type", "tag")),
        Read("asana_find", Kind.Team, "query", ("type", "team")),
        Read("asana_list_users", Kind.Workspace, "workspace"),
        Read("asana_get_user", Kind.User, "user"),
        Read("asana_list_teams", Kind.Workspace, "workspace"),
        Read("asana_list_tasks", Kind.Project, "project", ("status", "all"), ("limit", 100)),
        Read("asana_list_tasks", Kind.User, "assignee", ("status", "all"), ("limit", 100)),
        Read("asana_list_tasks", Kind.Tag, "tag", ("status", "all"), ("limit", 100)),
        Read("asana_get_task", Kind.Task, "task"),
        Read("asana_search_tasks", Kind.Task, "text"),
        Read("asana_search_tasks", Kind.Project, "project"),
        Read("asana_list_subtasks", Kind.Task, "task"),
        Write("asana_create_task", Kind.Project, "project", ("name", "Isolation probe")),
        Write("asana_create_task", Kind.Task, "parent", ("name", "Isolation probe")),
        Write("asana_update_task", Kind.Task, "task", ("notes", "Isolation probe")),
        Write("asana_complete_task", Kind.Task, "task"),
        Write("asana_set_task_field", Kind.Task, "task", ("field", "Priority"), ("value", "Low")),
        Write("asana_create_subtask", Kind.Task, "parent", ("name", "Isolation probe")),
        Write("asana_add_task_to_project", Kind.Task, "task", ("project", "Website")),
        Write("asana_move_task_to_section", Kind.Task, "task", ("section", "Done")),
        Write("asana_add_task_followers", Kind.Task, "task", ("users", new JsonArray("me"))),
        Read("asana_list_task_comments", Kind.Task, "task"),
        Write("asana_add_comment_to_task", Kind.Task, "task", ("text", "Isolation probe")),
        Read("asana_list_projects", Kind.Workspace, "workspace", ("limit", 100)),
        Read("asana_get_project", Kind.Project, "project"),
        Read("asana_list_project_fields", Kind.Project, "project"),
        Write("asana_create_project", Kind.Team, "team", ("name", "Isolation probe")),
        Write("asana_delete_task", Kind.Task, "task", ("confirm", true)),
    ];

    private static ToolCase None(string tool, params (string Name, JsonNode Value)[] others) =>
        new(tool, null, string.Empty, Json(others), Writes: false);

    private static ToolCase Read(
        string tool,
        Kind takes,
        string argument,
        params (string Name, JsonNode Value)[] others
    ) => new(tool, takes, argument, Json(others), Writes: false);

    private static ToolCase Write(
        string tool,
        Kind takes,
        string argument,
        params (string Name, JsonNode Value)[] others
    ) => new(tool, takes, argument, Json(others), Writes: true);

    private static JsonObject Json((string Name, JsonNode Value)[] values) =>
        new(values.Select(value => KeyValuePair.Create(value.Name, (JsonNode?)value.Value)));
}
