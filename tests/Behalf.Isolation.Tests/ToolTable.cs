using System.Text.Json.Nodes;

namespace Behalf.Isolation.Tests;

/// <param name="Tool">As offered.</param>
/// <param name="Takes">The kind of object it is pointed at, or null when it takes none.</param>
/// <param name="Argument">The argument that names the object.</param>
/// <param name="Others">Further arguments that make the call complete; <c>{it}</c> and <c>{other}</c> stand for the object and for somebody else.</param>
/// <param name="Writes">True: it must fail on what the person may only read, and change nothing.</param>
public sealed record ToolCase(string Tool, Kind? Takes, string Argument, JsonObject Others, bool Writes)
{
    /// <param name="spelling">How the object is named.</param>
    /// <param name="other">The e-mail address of another person than the one who calls.</param>
    public JsonObject With(string spelling, string other)
    {
        JsonObject arguments = (JsonObject)Filled(Others, spelling, other)!;
        if (Argument.Length > 0)
        {
            arguments[Argument] = spelling;
        }

        return arguments;
    }

    private static JsonNode? Filled(JsonNode? node, string it, string other) =>
        node switch
        {
            JsonObject map => new JsonObject(
                map.Select(pair => KeyValuePair.Create(pair.Key, Filled(pair.Value, it, other)))
            ),
            JsonArray list => new JsonArray([.. list.Select(item => Filled(item, it, other))]),
            JsonValue value when value.TryGetValue(out string? text) => JsonValue.Create(
                text switch
                {
                    "{it}" => it,
                    "{other}" => other,
                    _ => text,
                }
            ),
            _ => node?.DeepClone(),
        };
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
        Read("asana_find", Kind.Portfolio, "query", ("type", "portfolio")),
        Read("asana_find", Kind.Goal, "query", ("type", "goal")),
        Read("asana_find", Kind.CustomField, "query", ("type", "custom_field")),
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
        Read("asana_list_task_dependencies", Kind.Task, "task"),
        Write("asana_create_task", Kind.Project, "project", ("name", "Isolation probe")),
        Write("asana_create_task", Kind.Task, "parent", ("name", "Isolation probe")),
        Write("asana_create_tasks", Kind.Project, "", ("tasks", Tasks("project"))),
        Write("asana_create_tasks", Kind.Task, "", ("tasks", Tasks("parent"))),
        Write("asana_update_task", Kind.Task, "task", ("notes", "Isolation probe")),
        Write("asana_complete_task", Kind.Task, "task"),
        Write("asana_set_task_field", Kind.Task, "task", ("field", "Priority"), ("value", "Low")),
        Write("asana_create_subtask", Kind.Task, "parent", ("name", "Isolation probe")),
        Write("asana_add_task_to_project", Kind.Task, "task", ("project", "Website")),
        Write("asana_move_task_to_section", Kind.Task, "task", ("section", "Done")),
        Write("asana_remove_task_from_project", Kind.Task, "task", ("project", "Website")),
        Write("asana_set_task_parent", Kind.Task, "task", ("parent", null)),
        Write("asana_set_task_parent", Kind.Task, "parent", ("task", "{it}")),
        Write("asana_add_task_followers", Kind.Task, "task", ("users", new JsonArray("me"))),
        Write("asana_remove_task_followers", Kind.Task, "task", ("users", new JsonArray("{other}"))),
        Write("asana_add_task_dependency", Kind.Task, "task", ("depends_on", new JsonArray("{it}"))),
        Write("asana_remove_task_dependency", Kind.Task, "task", ("depends_on", new JsonArray("{it}"))),
        Write("asana_add_task_tag", Kind.Task, "task", ("tag", "customer")),
        Write("asana_remove_task_tag", Kind.Task, "task", ("tag", "customer")),
        Read("asana_duplicate_task", Kind.Task, "task", ("name", "Isolation probe")),
        Read("asana_list_task_comments", Kind.Task, "task"),
        Write("asana_add_comment_to_task", Kind.Task, "task", ("text", "Isolation probe")),
        Write("asana_update_comment", Kind.Story, "comment", ("text", "Isolation probe")),
        Write("asana_delete_comment", Kind.Story, "comment", ("confirm", true)),
        Read("asana_list_attachments", Kind.Task, "task"),
        Read("asana_list_attachments", Kind.Project, "project"),
        Read("asana_list_attachments", Kind.Task, "parent"),
        Write("asana_attach_file", Kind.Task, "task", ("name", "Isolation probe"), ("file", "eA==")),
        Write(
            "asana_attach_file",
            Kind.Project,
            "parent",
            ("name", "Isolation probe"),
            ("url", "https://acme.example")
        ),
        Read("asana_list_projects", Kind.Workspace, "workspace", ("limit", 100)),
        Read("asana_get_project", Kind.Project, "project"),
        Read("asana_list_project_fields", Kind.Project, "project"),
        Read("asana_get_project_task_counts", Kind.Project, "project"),
        Write("asana_create_project", Kind.Team, "team", ("name", "Isolation probe")),
        Write("asana_update_project", Kind.Project, "project", ("notes", "Isolation probe")),
        Write("asana_delete_project", Kind.Project, "project", ("confirm", true)),
        Read("asana_list_sections", Kind.Project, "project"),
        Write("asana_create_section", Kind.Project, "project", ("name", "Isolation probe")),
        Read("asana_list_project_members", Kind.Project, "project"),
        Write("asana_share_project", Kind.Project, "project", ("member", "me"), ("access_level", "admin")),
        Write("asana_unshare_project", Kind.Project, "project", ("member", "{other}")),
        Read("asana_list_status_updates", Kind.Project, "project"),
        Read("asana_list_status_updates", Kind.Portfolio, "portfolio"),
        Read("asana_list_status_updates", Kind.Goal, "goal"),
        Write("asana_post_status_update", Kind.Project, "project", ("status", "on_track"), ("text", "Isolation probe")),
        Write("asana_post_status_update", Kind.Goal, "goal", ("status", "on_track"), ("text", "Isolation probe")),
        Read("asana_request_access", Kind.Project, "target", ("message", "Isolation probe")),
        Read("asana_list_tags", Kind.Workspace, "workspace"),
        Write("asana_create_tag", Kind.Workspace, "workspace", ("name", "Isolation probe")),
        Read("asana_list_custom_fields", Kind.Workspace, "workspace"),
        Read("asana_list_portfolios", Kind.User, "owner"),
        Read("asana_list_portfolio_items", Kind.Portfolio, "portfolio"),
        Read("asana_list_goals", Kind.Team, "team"),
        Read("asana_get_goal", Kind.Goal, "goal"),
        Write("asana_delete_task", Kind.Task, "task", ("confirm", true)),
    ];

    private static JsonArray Tasks(string argument) =>
        new(new JsonObject { ["name"] = "Isolation probe", [argument] = "{it}" });

    private static ToolCase None(string tool, params (string Name, JsonNode? Value)[] others) =>
        new(tool, null, string.Empty, Json(others), Writes: false);

    private static ToolCase Read(
        string tool,
        Kind takes,
        string argument,
        params (string Name, JsonNode? Value)[] others
    ) => new(tool, takes, argument, Json(others), Writes: false);

    private static ToolCase Write(
        string tool,
        Kind takes,
        string argument,
        params (string Name, JsonNode? Value)[] others
    ) => new(tool, takes, argument, Json(others), Writes: true);

    private static JsonObject Json((string Name, JsonNode? Value)[] values) =>
        new(values.Select(value => KeyValuePair.Create(value.Name, value.Value)));
}
