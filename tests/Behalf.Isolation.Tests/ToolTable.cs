using System.Text.Json.Nodes;

namespace Behalf.Isolation.Tests;

/// <summary>
/// How every tool is pointed at objects, by every argument that names one; written by hand, and a rule says that none is
/// missing.
/// </summary>
public static class ToolTable
{
    private const string Probe = "Isolation probe";

    /// <value>What a new task takes beside its project.</value>
    private static readonly (string Argument, Kind Kind, JsonNode Value)[] BesideAProject =
    [
        ("other_projects", Kind.Project, new JsonArray("{it}")),
        ("section", Kind.Section, "{it}"),
        ("assignee", Kind.User, "{it}"),
        ("custom_fields", Kind.CustomField, FieldIs(Probe)),
        ("tags", Kind.Tag, new JsonArray("{it}")),
        ("followers", Kind.User, new JsonArray("{it}")),
    ];

    private static readonly (string Argument, Kind Kind)[] AboutSomething =
    [
        ("project", Kind.Project),
        ("portfolio", Kind.Portfolio),
        ("goal", Kind.Goal),
        ("parent", Kind.Project),
    ];

    /// <value>
    /// What names no object: words, dates, choices, files. <c>priority</c> is the word for an option of the project's own
    /// field, and <c>time_period</c> numbers something that the practice world has none of.
    /// </value>
    public static IReadOnlySet<string> NamesNothing { get; } =
        new HashSet<string>(StringComparer.Ordinal)
        {
            "access_level",
            "append_notes",
            "archived",
            "color",
            "completed",
            "completed_since",
            "confirm",
            "content_type",
            "cursor",
            "due_after",
            "due_before",
            "due_on",
            "file",
            "include",
            "include_activity",
            "include_subtasks",
            "layout",
            "limit",
            "message",
            "mine_only",
            "modified_since",
            "name",
            "name_contains",
            "notes",
            "priority",
            "privacy",
            "sort",
            "start_on",
            "status",
            "text",
            "time_period",
            "title",
            "type",
            "url",
            "whole_notes",
            "workspace_level",
        };

    public static IReadOnlyList<ToolCase> Cases { get; } =
    [
        .. People(),
        .. Tasks(),
        .. NewTasks(),
        .. TaskChanges(),
        .. Files(),
        .. Projects(),
        .. Planning(),
        // What deletes comes last: the others need something to work on.
        Case(Use.Changes, "asana_delete_comment", Kind.Story, "comment", ("confirm", true)),
        Case(Use.Changes, "asana_delete_project", Kind.Project, "project", ("confirm", true)),
        Case(Use.Changes, "asana_delete_task", Kind.Task, "task", ("confirm", true)),
    ];

    private static IEnumerable<ToolCase> People() =>
        [
            new("asana_get_me", null, "", [], Use.Reads),
            new("asana_list_workspaces", null, "", [], Use.Reads),
            Case(Use.Seeks, "asana_find", Kind.Task, "query", ("type", "task")),
            Case(Use.Seeks, "asana_find", Kind.Project, "query", ("type", "project")),
            Case(Use.Seeks, "asana_find", Kind.User, "query", ("type", "user")),
            Case(Use.Seeks, "asana_find", Kind.Tag, "query", ("type", "tag")),
            Case(Use.Seeks, "asana_find", Kind.Team, "query", ("type", "team")),
            Case(Use.Seeks, "asana_find", Kind.Portfolio, "query", ("type", "portfolio")),
            Case(Use.Seeks, "asana_find", Kind.Goal, "query", ("type", "goal")),
            Case(Use.Seeks, "asana_find", Kind.CustomField, "query", ("type", "custom_field")),
            Case(Use.Reads, "asana_list_users", Kind.Workspace, "workspace"),
            Case(Use.Reads, "asana_list_users", Kind.Team, "team"),
            Case(Use.Reads, "asana_get_user", Kind.User, "user"),
            Case(Use.Reads, "asana_list_teams", Kind.Workspace, "workspace"),
        ];

    private static IEnumerable<ToolCase> Tasks() =>
        [
            Case(Use.Reads, "asana_list_my_tasks", Kind.Workspace, "workspace", ("limit", 100)),
            Case(Use.Reads, "asana_list_tasks", Kind.Project, "project", ("status", "all"), ("limit", 100)),
            Case(Use.Reads, "asana_list_tasks", Kind.Section, "section", ("project", "{Project}"), ("status", "all")),
            Case(Use.Reads, "asana_list_tasks", Kind.Section, "section", ("status", "all")),
            Case(Use.Reads, "asana_list_tasks", Kind.Tag, "tag", ("status", "all"), ("limit", 100)),
            Case(Use.Reads, "asana_list_tasks", Kind.User, "assignee", ("status", "all"), ("workspace", "{Workspace}")),
            Case(Use.Reads, "asana_get_task", Kind.Task, "task"),
            Case(Use.Seeks, "asana_search_tasks", Kind.Task, "text"),
            Case(Use.Reads, "asana_search_tasks", Kind.Project, "project"),
            Case(Use.Reads, "asana_search_tasks", Kind.User, "assignee"),
            Case(Use.Reads, "asana_search_tasks", Kind.Tag, "tag"),
            Case(
                Use.Touches,
                "asana_search_tasks",
                Kind.CustomField,
                "",
                ("project", "{Project}"),
                ("custom_fields", FieldIs("High"))
            ),
            Case(Use.Reads, "asana_list_subtasks", Kind.Task, "task"),
            Case(Use.Reads, "asana_list_task_dependencies", Kind.Task, "task"),
            Case(Use.Reads, "asana_list_task_comments", Kind.Task, "task"),
            Case(Use.Touches, "asana_list_task_comments", Kind.Story, "comment", ("task", "{Task}")),
            Case(Use.Touches, "asana_duplicate_task", Kind.Task, "task", ("name", Probe)),
        ];

    private static IEnumerable<ToolCase> NewTasks() =>
        [
            Case(Use.Changes, "asana_create_task", Kind.Project, "project", ("name", Probe)),
            Case(Use.Changes, "asana_create_task", Kind.Task, "parent", ("name", Probe)),
            Case(Use.Changes, "asana_create_tasks", Kind.Project, "", ("tasks", OneTask("project"))),
            Case(Use.Changes, "asana_create_tasks", Kind.Task, "", ("tasks", OneTask("parent"))),
            .. BesideAProject.SelectMany(part =>
                (ToolCase[])
                    [
                        new("asana_create_task", part.Kind, "", New(part.Argument, part.Value), Use.Mentions),
                        new(
                            "asana_create_tasks",
                            part.Kind,
                            "",
                            new JsonObject { ["tasks"] = new JsonArray(New(part.Argument, part.Value)) },
                            Use.Mentions
                        ),
                    ]
            ),
            Case(Use.Changes, "asana_create_subtask", Kind.Task, "parent", ("name", Probe)),
            Case(Use.Mentions, "asana_create_subtask", Kind.User, "assignee", ("name", Probe), ("parent", "{Task}")),
        ];

    private static IEnumerable<ToolCase> TaskChanges() =>
        [
            Case(Use.Changes, "asana_update_task", Kind.Task, "task", ("notes", Probe)),
            Case(Use.Mentions, "asana_update_task", Kind.User, "assignee", ("task", "{Task}")),
            Case(
                Use.Mentions,
                "asana_update_task",
                Kind.CustomField,
                "",
                ("task", "{Task}"),
                ("custom_fields", FieldIs(Probe))
            ),
            Case(Use.Changes, "asana_complete_task", Kind.Task, "task"),
            Case(Use.Changes, "asana_set_task_field", Kind.Task, "task", ("field", "Priority"), ("value", "Low")),
            Case(Use.Mentions, "asana_set_task_field", Kind.CustomField, "field", ("task", "{Task}"), ("value", Probe)),
            Case(Use.Mentions, "asana_set_task_field", Kind.Option, "value", ("task", "{Task}"), ("field", "Priority")),
            Case(
                Use.Mentions,
                "asana_set_task_field",
                Kind.User,
                "",
                ("task", "{Task}"),
                ("field", "Reviewers"),
                ("value", new JsonArray("{it}"))
            ),
            Case(Use.Changes, "asana_add_task_to_project", Kind.Task, "task", ("project", "Website")),
            Case(Use.Changes, "asana_add_task_to_project", Kind.Project, "project", ("task", "{Task}")),
            Case(
                Use.Mentions,
                "asana_add_task_to_project",
                Kind.Section,
                "section",
                ("task", "{Task}"),
                ("project", "{Project}")
            ),
            .. Placed("asana_add_task_to_project", ("task", "{Task}"), ("project", "{Project}")),
            Case(Use.Changes, "asana_move_task_to_section", Kind.Task, "task", ("section", "Done")),
            Case(Use.Mentions, "asana_move_task_to_section", Kind.Section, "section", ("task", "{Task}")),
            Case(
                Use.Mentions,
                "asana_move_task_to_section",
                Kind.Project,
                "project",
                ("task", "{Task}"),
                ("section", "Done")
            ),
            .. Placed("asana_move_task_to_section", ("task", "{Task}"), ("section", "{Section}")),
            Case(Use.Changes, "asana_remove_task_from_project", Kind.Task, "task", ("project", "Website")),
            Case(Use.Mentions, "asana_remove_task_from_project", Kind.Project, "project", ("task", "{Task}")),
            Case(Use.Changes, "asana_set_task_parent", Kind.Task, "task", ("parent", null)),
            Case(Use.Changes, "asana_set_task_parent", Kind.Task, "parent", ("task", "{Task}")),
            .. Placed("asana_set_task_parent", ("task", "{Task}"), ("parent", null)),
            Case(Use.Changes, "asana_add_task_followers", Kind.Task, "task", ("users", new JsonArray("me"))),
            Case(
                Use.Mentions,
                "asana_add_task_followers",
                Kind.User,
                "",
                ("task", "{Task}"),
                ("users", new JsonArray("{it}"))
            ),
            Case(Use.Changes, "asana_remove_task_followers", Kind.Task, "task", ("users", new JsonArray("{other}"))),
            Case(
                Use.Mentions,
                "asana_remove_task_followers",
                Kind.User,
                "",
                ("task", "{Task}"),
                ("users", new JsonArray("{it}"))
            ),
            .. ((string[])["asana_add_task_dependency", "asana_remove_task_dependency"]).SelectMany(tool =>
                (ToolCase[])
                    [
                        Case(Use.Changes, tool, Kind.Task, "task", ("depends_on", new JsonArray("{Task}"))),
                        Case(
                            Use.Mentions,
                            tool,
                            Kind.Task,
                            "",
                            ("task", "{Task}"),
                            ("depends_on", new JsonArray("{it}"))
                        ),
                    ]
            ),
            .. ((string[])["asana_add_task_tag", "asana_remove_task_tag"]).SelectMany(tool =>
                (ToolCase[])
                    [
                        Case(Use.Changes, tool, Kind.Task, "task", ("tag", "customer")),
                        Case(Use.Mentions, tool, Kind.Tag, "tag", ("task", "{Task}")),
                    ]
            ),
            Case(Use.Changes, "asana_add_comment_to_task", Kind.Task, "task", ("text", Probe)),
            Case(Use.Changes, "asana_update_comment", Kind.Story, "comment", ("text", Probe)),
        ];

    private static IEnumerable<ToolCase> Files() =>
        [
            Case(Use.Reads, "asana_list_attachments", Kind.Task, "task"),
            Case(Use.Reads, "asana_list_attachments", Kind.Project, "project"),
            Case(Use.Reads, "asana_list_attachments", Kind.Task, "parent"),
            Case(Use.Changes, "asana_attach_file", Kind.Task, "task", ("name", Probe), ("file", "eA==")),
            Case(Use.Changes, "asana_attach_file", Kind.Project, "project", ("name", Probe), ("file", "eA==")),
            Case(
                Use.Changes,
                "asana_attach_file",
                Kind.Project,
                "parent",
                ("name", Probe),
                ("url", "https://acme.example")
            ),
        ];

    private static IEnumerable<ToolCase> Projects() =>
        [
            Case(Use.Reads, "asana_list_projects", Kind.Workspace, "workspace", ("limit", 100)),
            Case(Use.Reads, "asana_list_projects", Kind.Team, "team", ("limit", 100)),
            Case(Use.Reads, "asana_get_project", Kind.Project, "project"),
            Case(Use.Reads, "asana_list_project_fields", Kind.Project, "project"),
            Case(Use.Reads, "asana_get_project_task_counts", Kind.Project, "project"),
            Case(Use.Mentions, "asana_create_project", Kind.Team, "team", ("name", Probe), ("workspace", "Acme")),
            Case(Use.Changes, "asana_update_project", Kind.Project, "project", ("notes", Probe)),
            Case(Use.Reads, "asana_list_sections", Kind.Project, "project"),
            Case(Use.Changes, "asana_create_section", Kind.Project, "project", ("name", Probe)),
            Case(
                Use.Mentions,
                "asana_create_section",
                Kind.Section,
                "after",
                ("project", "{Project}"),
                ("name", Probe)
            ),
            Case(Use.Reads, "asana_list_project_members", Kind.Project, "project"),
            Case(Use.Touches, "asana_list_project_members", Kind.User, "member", ("project", "{Project}")),
            Case(Use.Touches, "asana_list_project_members", Kind.Team, "member", ("project", "{Project}")),
            Case(Use.Changes, "asana_share_project", Kind.Project, "project", ("member", "me")),
            Case(Use.Mentions, "asana_share_project", Kind.User, "member", ("project", "{Project}")),
            Case(Use.Mentions, "asana_share_project", Kind.Team, "member", ("project", "{Project}")),
            Case(Use.Changes, "asana_unshare_project", Kind.Project, "project", ("member", "{other}")),
            Case(Use.Mentions, "asana_unshare_project", Kind.User, "member", ("project", "{Project}")),
            Case(Use.Mentions, "asana_unshare_project", Kind.Team, "member", ("project", "{Project}")),
            .. AboutSomething.Select(about => Case(Use.Reads, "asana_list_status_updates", about.Kind, about.Argument)),
            .. AboutSomething.Select(about =>
                Case(
                    Use.Changes,
                    "asana_post_status_update",
                    about.Kind,
                    about.Argument,
                    ("status", "on_track"),
                    ("text", Probe)
                )
            ),
            Case(Use.Asks, "asana_request_access", Kind.Project, "target", ("message", Probe)),
            Case(Use.Asks, "asana_request_access", Kind.Portfolio, "target", ("message", Probe)),
        ];

    private static IEnumerable<ToolCase> Planning() =>
        [
            Case(Use.Reads, "asana_list_tags", Kind.Workspace, "workspace"),
            Case(Use.Mentions, "asana_create_tag", Kind.Workspace, "workspace", ("name", Probe)),
            Case(Use.Reads, "asana_list_custom_fields", Kind.Workspace, "workspace"),
            Case(Use.Reads, "asana_list_portfolios", Kind.User, "owner", ("workspace", "{Workspace}")),
            Case(Use.Reads, "asana_list_portfolio_items", Kind.Portfolio, "portfolio"),
            Case(Use.Reads, "asana_list_goals", Kind.Team, "team"),
            Case(Use.Reads, "asana_get_goal", Kind.Goal, "goal"),
        ];

    private static JsonObject FieldIs(string value) => new() { ["{it}"] = value };

    private static JsonObject New(string argument, JsonNode value) =>
        new()
        {
            ["name"] = Probe,
            ["project"] = "{Project}",
            [argument] = value.DeepClone(),
        };

    private static JsonArray OneTask(string argument) => new(new JsonObject { ["name"] = Probe, [argument] = "{it}" });

    private static IEnumerable<ToolCase> Placed(string tool, params (string Name, JsonNode? Value)[] others) =>
        ((string[])["insert_before", "insert_after"]).Select(place =>
            Case(Use.Mentions, tool, Kind.Task, place, others)
        );

    private static ToolCase Case(
        Use use,
        string tool,
        Kind takes,
        string argument,
        params (string Name, JsonNode? Value)[] others
    ) =>
        new(
            tool,
            takes,
            argument,
            new JsonObject(others.Select(one => KeyValuePair.Create(one.Name, one.Value?.DeepClone()))),
            use
        );
}
