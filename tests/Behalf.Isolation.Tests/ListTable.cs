using System.Text.Json.Nodes;

namespace Behalf.Isolation.Tests;

/// <summary>What every list must hold; written by hand from the sandbox's data, and a rule says that none is missing.</summary>
public static class ListTable
{
    public static IReadOnlyList<ToolList> Lists { get; } =
    [
        new("asana_list_workspaces", "workspaces", false, seen => [(new JsonObject(), Seen.GidsOf(seen.Workspaces))]),
        new(
            "asana_list_users",
            "users",
            false,
            seen =>
                seen.Workspaces.Select(place => (Args("workspace", place), Found(seen.UsersNamed(place["members"]!))))
                    .Concat(
                        seen.Of("teams").Select(team => (Args("team", team), Found(seen.UsersNamed(team["members"]!))))
                    )
        ),
        new(
            "asana_list_teams",
            "teams",
            false,
            seen =>
                seen.Workspaces.SelectMany(place =>
                    (IEnumerable<(JsonObject, IEnumerable<string>?)>)
                        [
                            (Args("workspace", place), Rows(In(seen.Of("teams"), place))),
                            (
                                Args("workspace", place, ("mine_only", true)),
                                Rows(In(seen.Of("teams"), place).Where(team => Holds(team["members"], seen.Person)))
                            ),
                        ]
                )
        ),
        new(
            "asana_list_my_tasks",
            "tasks",
            true,
            seen =>
                seen.Workspaces.SelectMany(place =>
                    OpenAndAll(
                        Args("workspace", place),
                        In(seen.Of("tasks"), place).Where(task => (string?)task["assignee"] == seen.Person)
                    )
                )
        ),
        new("asana_list_tasks", "tasks", true, seen => seen.Of("projects").SelectMany(p => Tasks(seen, "project", p))),
        new(
            "asana_list_tasks",
            "tasks",
            true,
            seen =>
                seen.Of("projects")
                    .SelectMany(p => p["sections"]!.AsArray())
                    .SelectMany(s => Tasks(seen, "section", s!))
        ),
        new("asana_list_tasks", "tasks", true, seen => seen.Of("tags").SelectMany(tag => Tasks(seen, "tag", tag))),
        new(
            "asana_list_tasks",
            "tasks",
            true,
            seen =>
                from place in seen.Workspaces
                from user in seen.Users
                from asked in OpenAndAll(
                    Args("assignee", user, ("workspace", (string)place["gid"]!)),
                    In(seen.Of("tasks"), place).Where(task => (string?)task["assignee"] == (string)user["key"]!)
                )
                select asked
        ),
        new("asana_list_subtasks", "tasks", true, seen => OfTasks(seen, task => seen.Gids(task["subtasks"]!))),
        new(
            "asana_list_task_dependencies",
            "waits_for",
            false,
            seen => OfTasks(seen, task => seen.Gids(task["dependencies"]!))
        ),
        new(
            "asana_list_task_dependencies",
            "blocks",
            false,
            seen =>
                OfTasks(
                    seen,
                    task =>
                        Seen.GidsOf(seen.Of("tasks").Where(other => Holds(other["dependencies"], (string)task["gid"]!)))
                )
        ),
        new(
            "asana_list_task_comments",
            "comments",
            true,
            seen =>
                OfTasks(
                    seen,
                    task => Seen.GidsOf(On(seen, "stories", "target", task).Where(s => (string)s["type"]! == "comment"))
                )
        ),
        new(
            "asana_list_task_comments",
            "comments",
            true,
            seen =>
                seen.Of("tasks")
                    .Select(task =>
                        (Args("task", task, ("include_activity", true)), Rows(On(seen, "stories", "target", task)))
                    )
        ),
        new(
            "asana_list_attachments",
            "attachments",
            true,
            seen =>
                OfTasks(seen, task => Seen.GidsOf(On(seen, "attachments", "parent", task)))
                    .Concat(OfProjects(seen, project => Seen.GidsOf(On(seen, "attachments", "parent", project))))
        ),
        new(
            "asana_list_projects",
            "projects",
            true,
            seen =>
                from asked in seen
                    .Workspaces.Select(place => (Name: "workspace", At: place))
                    .Concat(seen.Of("teams").Select(team => (Name: "team", At: team)))
                from archived in (bool[])[false, true]
                select (
                    Args(asked.Name, asked.At, ("archived", archived)),
                    Rows(
                        seen.Of("projects")
                            .Where(p =>
                                (string?)p[asked.Name] == (string)asked.At["gid"]! && (bool)p["archived"]! == archived
                            )
                    )
                )
        ),
        new(
            "asana_list_project_fields",
            "fields",
            false,
            seen =>
                OfProjects(
                    seen,
                    // Fields belong to paid plans; a project of another has none, and says so.
                    project => seen.HasPlanFor((string)project["workspace"]!) ? seen.Gids(project["fields"]!) : []
                )
        ),
        new(
            "asana_list_sections",
            "sections",
            true,
            seen => OfProjects(seen, project => Seen.GidsOf(project["sections"]!.AsArray().Select(one => one!)))
        ),
        new("asana_list_project_members", "members", true, seen => OfProjects(seen, seen.Members)),
        new(
            "asana_list_status_updates",
            "status_updates",
            true,
            seen =>
                from about in (string[])["project", "portfolio", "goal"]
                from one in seen.Of($"{about}s")
                select (Args(about, one), Rows(On(seen, "status_updates", "parent", one)))
        ),
        new(
            "asana_list_tags",
            "tags",
            true,
            seen => seen.Workspaces.Select(place => (Args("workspace", place), Rows(In(seen.Of("tags"), place))))
        ),
        new(
            "asana_list_custom_fields",
            "custom_fields",
            true,
            seen =>
                seen.Workspaces.Select(place =>
                    (
                        Args("workspace", place),
                        seen.HasPlanFor((string)place["gid"]!) ? Rows(In(seen.Of("custom_fields"), place)) : null
                    )
                )
        ),
        new(
            "asana_list_portfolios",
            "portfolios",
            true,
            seen =>
                from place in seen.Workspaces
                from owner in seen.Users
                select (
                    Args("owner", owner, ("workspace", (string)place["gid"]!)),
                    Rows(In(seen.Of("portfolios"), place).Where(one => (string)one["owner"]! == (string)owner["key"]!))
                )
        ),
        new(
            "asana_list_portfolio_items",
            "items",
            true,
            seen => seen.Of("portfolios").Select(one => (Args("portfolio", one), Found(seen.Gids(one["items"]!))))
        ),
        new(
            "asana_list_goals",
            "goals",
            true,
            seen =>
                seen.Workspaces.Select(place => (Args("workspace", place), Rows(In(seen.Of("goals"), place))))
                    .Concat(
                        seen.Of("teams")
                            .Select(team =>
                                (
                                    Args("team", team),
                                    Rows(seen.Of("goals").Where(goal => (string?)goal["team"] == (string)team["gid"]!))
                                )
                            )
                    )
        ),
    ];

    private static IEnumerable<(JsonObject, IEnumerable<string>?)> Tasks(Seen seen, string name, JsonNode at) =>
        OpenAndAll(Args(name, at), seen.Of("tasks").Where(task => Holds(task[$"{name}s"], (string)at["gid"]!)));

    private static IEnumerable<(JsonObject, IEnumerable<string>?)> OpenAndAll(
        JsonObject arguments,
        IEnumerable<JsonNode> tasks
    )
    {
        JsonObject all = arguments.DeepClone().AsObject();
        all["status"] = "all";
        return [(arguments, Rows(tasks.Where(task => !(bool)task["completed"]!))), (all, Rows(tasks))];
    }

    private static IEnumerable<(JsonObject, IEnumerable<string>?)> OfTasks(
        Seen seen,
        Func<JsonNode, IEnumerable<string>> expected
    ) => seen.Of("tasks").Select(task => (Args("task", task), Found(expected(task))));

    private static IEnumerable<(JsonObject, IEnumerable<string>?)> OfProjects(
        Seen seen,
        Func<JsonNode, IEnumerable<string>> expected
    ) => seen.Of("projects").Select(project => (Args("project", project), Found(expected(project))));

    private static IEnumerable<JsonNode> On(Seen seen, string rows, string property, JsonNode what) =>
        seen.Of(rows).Where(one => (string?)one[property] == (string)what["gid"]!);

    private static IEnumerable<JsonNode> In(IEnumerable<JsonNode> rows, JsonNode workspace) =>
        rows.Where(one => (string?)one["workspace"] == (string)workspace["gid"]!);

    private static bool Holds(JsonNode? list, string value) =>
        list?.AsArray().Any(one => (string?)one == value) ?? false;

    private static IEnumerable<string>? Rows(IEnumerable<JsonNode> rows) => Seen.GidsOf(rows);

    private static IEnumerable<string>? Found(IEnumerable<string> gids) => gids;

    private static JsonObject Args(string name, JsonNode what, params (string Name, JsonNode Value)[] others)
    {
        JsonObject arguments = new() { [name] = (string)what["gid"]! };
        foreach ((string other, JsonNode value) in others)
        {
            arguments[other] = value.DeepClone();
        }

        return arguments;
    }
}
