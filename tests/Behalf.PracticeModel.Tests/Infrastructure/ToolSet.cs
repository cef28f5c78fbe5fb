using System.Text.Json.Nodes;

namespace Behalf.PracticeModel.Tests.Infrastructure;

/// <summary>Tools with a schema written in short (<c>"task!, due_on, status=open|completed, users[], done?"</c>) and canned results.</summary>
public sealed class ToolSet
{
    private readonly List<(string Name, string Description, JsonObject Schema)> tools = [];
    private readonly Dictionary<string, Func<JsonObject, (string, bool)>> results = [];

    public ToolSet Add(string name, string description, string inputs = "")
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var input in inputs.Split(", ", StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = input.Split(':', 2);
            var sides = parts[0].Split('=');
            var key = sides[0].TrimEnd('!', '[', ']', '?', '#', '{', '}');
            var marks = sides[0][key.Length..];
            var schema = new JsonObject
            {
                ["type"] = marks.TrimStart('!') switch
                {
                    "[]" => "array",
                    "?" => "boolean",
                    "#" => "integer",
                    "{}" => "object",
                    _ => "string",
                },
            };
            if (sides.Length > 1)
            {
                schema["enum"] = new JsonArray([.. sides[1].Split('|').Select(option => JsonValue.Create(option))]);
            }

            if (marks.StartsWith('!'))
            {
                required.Add(key);
            }

            if (parts.Length > 1)
            {
                schema["description"] = parts[1];
            }

            properties[key] = schema;
        }

        tools.Add(
            (
                name,
                description,
                new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = properties,
                    ["required"] = required,
                    ["additionalProperties"] = false,
                }
            )
        );
        return this;
    }

    public ToolSet Returns(string name, string json) => Returns(name, _ => json);

    public ToolSet Returns(string name, Func<JsonObject, string> json)
    {
        results[name] = input => (json(input), false);
        return this;
    }

    public ToolSet Fails(string name, string json)
    {
        results[name] = _ => (json, true);
        return this;
    }

    public ToolSet Without(string name)
    {
        tools.RemoveAll(tool => tool.Name == name);
        return this;
    }

    public JsonArray Definitions() =>
        [
            .. tools.Select(tool => new JsonObject
            {
                ["name"] = tool.Name,
                ["description"] = tool.Description,
                ["input_schema"] = tool.Schema.DeepClone(),
            }),
        ];

    public (string Text, bool IsError) Run(ToolCall call)
    {
        var schema = tools.Single(tool => tool.Name == call.Name).Schema;
        foreach (var (key, _) in call.Input)
        {
            schema["properties"]!.AsObject().ContainsKey(key).Should().BeTrue($"{call.Name} has no input {key}");
        }

        foreach (var key in schema["required"]!.AsArray())
        {
            call.Input.ContainsKey((string)key!).Should().BeTrue($"{call.Name} requires {key}");
        }

        return results.TryGetValue(call.Name, out var result)
            ? result(call.Input)
            : ("""{"gid":"99","name":"Done"}""", false);
    }

    /// <summary>The everyday tools of a task tracker, as a connector would name and describe them, under any prefix.</summary>
    public static ToolSet Tracker(string p = "acme_") =>
        new ToolSet()
            .Add($"{p}get_me", "The user you act for: name, email, gid and workspaces.")
            .Add($"{p}list_workspaces", "Workspaces you belong to.")
            .Add(
                $"{p}find",
                "Find objects of one type by name.",
                "query!:Part of the name, type=task|project|user|tag|team|portfolio, limit#"
            )
            .Add($"{p}list_users", "List people in the workspace.", "team:Team name or gid, name_contains, limit#")
            .Add($"{p}get_user", "One user.", "user!:Name email gid or me")
            .Add($"{p}list_teams", "Teams you can see.", "mine_only?")
            .Add(
                $"{p}list_my_tasks",
                "List tasks assigned to you.",
                "status=open|completed|all, due_before:YYYY-MM-DD, limit#"
            )
            .Add(
                $"{p}list_tasks",
                "List the tasks of a project, section, tag or assignee. Give exactly one.",
                "project:Project name gid or URL, section, tag, assignee:User name gid or me, status=open|completed|all, modified_since, limit#, cursor"
            )
            .Add($"{p}get_task", "One task with its details.", "task!:Task name gid or URL, include_subtasks?")
            .Add(
                $"{p}search_tasks",
                "Search tasks by text and filters.",
                "text, assignee, project, due_before, due_after, completed?, limit#"
            )
            .Add($"{p}list_subtasks", "List the subtasks of a task.", "task!:Task name gid or URL, limit#")
            .Add(
                $"{p}list_task_dependencies",
                "What a task depends on and what depends on it.",
                "task!:Task name gid or URL"
            )
            .Add(
                $"{p}create_task",
                "Create a task, optionally in a project and assigned to someone.",
                "name!, project:Project name gid or URL, section, assignee:User name email gid or me, due_on:YYYY-MM-DD, start_on, notes, priority, custom_fields{}, tags[], followers[], parent"
            )
            .Add($"{p}create_tasks", "Create up to 25 tasks at once.", "tasks![]")
            .Add(
                $"{p}update_task",
                "Change fields of a task.",
                "task!:Task name gid or URL, name, notes, append_notes, assignee, due_on, start_on, completed?, priority, custom_fields{}"
            )
            .Add(
                $"{p}complete_task",
                "Mark a task complete, or reopen it with completed false.",
                "task!:Task name gid or URL, completed?"
            )
            .Add(
                $"{p}set_task_field",
                "Set one custom field of a task by the field's name.",
                "task!:Task name gid or URL, field!, value!"
            )
            .Add(
                $"{p}create_subtask",
                "Create a subtask under a task.",
                "parent!:Task name gid or URL, name!, assignee, due_on, notes"
            )
            .Add(
                $"{p}add_task_to_project",
                "Add an existing task to a project.",
                "task!:Task name gid or URL, project!, section"
            )
            .Add(
                $"{p}remove_task_from_project",
                "Remove a task from a project.",
                "task!:Task name gid or URL, project!"
            )
            .Add(
                $"{p}move_task_to_section",
                "Move a task to a section of its project.",
                "task!:Task name gid or URL, section!"
            )
            .Add($"{p}add_task_followers", "Add followers to a task.", "task!:Task name gid or URL, users![]")
            .Add($"{p}remove_task_followers", "Remove followers from a task.", "task!:Task name gid or URL, users![]")
            .Add(
                $"{p}add_task_dependency",
                "Make a task depend on other tasks.",
                "task!:Task name gid or URL, depends_on![]"
            )
            .Add($"{p}add_task_tag", "Add a tag to a task.", "task!:Task name gid or URL, tag!")
            .Add($"{p}remove_task_tag", "Remove a tag from a task.", "task!:Task name gid or URL, tag!")
            .Add($"{p}duplicate_task", "Duplicate a task.", "task!:Task name gid or URL, name")
            .Add($"{p}delete_task", "Delete a task. Needs confirm true.", "task!:Task name gid or URL, confirm!?")
            .Add($"{p}list_task_comments", "List the comments of a task.", "task!:Task name gid or URL, limit#")
            .Add(
                $"{p}add_comment_to_task",
                "Comment on a task.",
                "task!:Task name gid or URL, text, rich_text, mention[]"
            )
            .Add($"{p}list_projects", "List projects you can see.", "team, name_contains, archived?, limit#, cursor")
            .Add($"{p}get_project", "One project: details and members.", "project!:Project name gid or URL")
            .Add($"{p}create_project", "Create a project.", "name!, privacy, team, notes, due_on")
            .Add(
                $"{p}update_project",
                "Change a project.",
                "project!:Project name gid or URL, name, notes, due_on, archived?"
            )
            .Add(
                $"{p}delete_project",
                "Delete a project. Needs confirm true.",
                "project!:Project name gid or URL, confirm!?"
            )
            .Add($"{p}get_project_task_counts", "Task counts of a project.", "project!:Project name gid or URL")
            .Add($"{p}list_project_fields", "Custom fields of a project.", "project!:Project name gid or URL")
            .Add($"{p}list_sections", "Sections of a project.", "project!:Project name gid or URL")
            .Add($"{p}create_section", "Create a section in a project.", "project!:Project name gid or URL, name!")
            .Add($"{p}list_project_members", "Members of a project.", "project!:Project name gid or URL")
            .Add(
                $"{p}share_project",
                "Share a project with a user or team.",
                "project!:Project name gid or URL, member!, access_level"
            )
            .Add($"{p}list_tags", "Tags of the workspace.", "name_contains")
            .Add($"{p}list_attachments", "Attachments of a task or project.", "parent!:Task or project")
            .Add($"{p}attach_file", "Attach a file from a URL to a task.", "parent!:Task name gid or URL, url!, name");
}
