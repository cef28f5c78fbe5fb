using System.Text.RegularExpressions;

namespace Behalf.Sandbox.World;

/// <summary>Finds every unknown reference, duplicate and impossible value of a document.</summary>
internal sealed partial class WorldCheck(WorldDocument world)
{
    private readonly List<string> _problems = [];
    private readonly Dictionary<string, string> _kinds = [];

    public IReadOnlyList<string> Problems()
    {
        DeclareAll();
        Unique("email", world.Users.Select(u => u.Email.ToLowerInvariant()));
        world.Workspaces.ToList().ForEach(Check);
        world.Teams.ToList().ForEach(Check);
        world.CustomFields.ToList().ForEach(Check);
        world.Tags.ToList().ForEach(t => Is("workspace", t.Workspace, $"tag {t.Key}"));
        world.Projects.ToList().ForEach(Check);
        world.Tasks.ToList().ForEach(Check);
        world.Portfolios.ToList().ForEach(Check);
        world.Goals.ToList().ForEach(Check);
        world.StatusUpdates.ToList().ForEach(Check);
        Check(world.Story);
        return _problems;
    }

    private void DeclareAll()
    {
        Declare("user", world.Users.Select(u => u.Key));
        Declare("workspace", world.Workspaces.Select(w => w.Key));
        Declare("team", world.Teams.Select(t => t.Key));
        Declare("field", world.CustomFields.Select(f => f.Key));
        Declare("tag", world.Tags.Select(t => t.Key));
        Declare("project", world.Projects.Select(p => p.Key));
        Declare("task", world.Tasks.Select(t => t.Key));
        Declare("portfolio", world.Portfolios.Select(p => p.Key));
        Declare("goal", world.Goals.Select(g => g.Key));
    }

    private void Declare(string kind, IEnumerable<string> keys)
    {
        foreach (var key in keys)
        {
            if (!KeyForm().IsMatch(key))
            {
                _problems.Add($"{kind} key \"{key}\": use letters, digits, - and _ only");
            }
            else if (!_kinds.TryAdd(key, kind))
            {
                _problems.Add($"{kind} {key}: the key is already that of a {_kinds[key]}");
            }
        }
    }

    private void Check(WorkspaceEntry workspace)
    {
        var where = $"workspace {workspace.Key}";
        OneOf(where, "plan", workspace.Plan, "premium", "free");
        Level(where, workspace.CollaboratorAccessLevel);
        Unique($"{where}: member", workspace.Members.Select(m => m.User));
        foreach (var member in workspace.Members)
        {
            Is("user", member.User, where);
            OneOf(where, "role", member.Role, "member", "guest", "admin");
        }
    }

    private void Check(TeamEntry team)
    {
        var where = $"team {team.Key}";
        Is("workspace", team.Workspace, where);
        OneOf(where, "visibility", team.Visibility, "public", "request_to_join", "secret");
        foreach (var member in team.Members)
        {
            Member(where, team.Workspace, member.User);
        }
    }

    private void Check(FieldEntry field)
    {
        var where = $"field {field.Key}";
        Is("workspace", field.Workspace, where);
        OneOf(where, "type", field.Type, "text", "number", "enum", "multi_enum", "date", "people");
        Unique($"{where}: option", field.Options.Select(o => o.Name));
    }

    private void Check(ProjectEntry project)
    {
        var where = $"project {project.Key}";
        Is("workspace", project.Workspace, where);
        OneOf(where, "privacy", project.Privacy, "private", "private_to_team", "public_to_workspace");
        Level(where, project.DefaultAccessLevel);
        Level(where, project.CollaboratorAccessLevel);
        Is("team", project.Team, where);
        Member(where, project.Workspace, project.Owner);
        project.Members.ToList().ForEach(m => Check(m, where, project.Workspace));
        project.Fields.ToList().ForEach(f => Is("field", f, where));
        Unique($"{where}: section", project.Sections);
        project.Attachments.ToList().ForEach(a => Is("user", a.By, where));
        Text(where, project.Notes, project.HtmlNotes);
    }

    private void Check(ProjectMemberEntry member, string where, string workspace)
    {
        if (member.User is null == member.Team is null)
        {
            _problems.Add($"{where}: a member is either a user or a team");
        }
        Member(where, workspace, member.User);
        Is("team", member.Team, where);
        Level(where, member.Access);
    }

    private void Check(TaskEntry task)
    {
        var where = $"task {task.Key}";
        Is("user", task.CreatedBy, where);
        Is("user", task.Assignee, where);
        Is("task", task.Parent, where);
        Is("workspace", task.Workspace, where);
        if (task is { Workspace: null, Parent: null, Projects.Count: 0 })
        {
            _problems.Add($"{where}: needs a workspace, a parent or a project");
        }
        task.Followers.ToList().ForEach(f => Is("user", f, where));
        task.Tags.ToList().ForEach(t => Is("tag", t, where));
        task.DependsOn.ToList().ForEach(t => Is("task", t, where));
        task.Comments.ToList().ForEach(c => Check(c, where));
        task.Attachments.ToList().ForEach(a => Is("user", a.By, where));
        Text(where, task.Notes, task.HtmlNotes);
        var projects = new List<ProjectEntry>();
        foreach (var place in task.Projects)
        {
            Is("project", place.Project, where);
            var project = world.Projects.FirstOrDefault(p => p.Key == place.Project);
            if (project is not null && !project.Sections.Contains(place.Section))
            {
                _problems.Add($"{where}: project {place.Project} has no section \"{place.Section}\"");
            }
            projects.AddRange(project is null ? [] : [project]);
        }
        foreach (var (field, value) in task.Fields)
        {
            Is("field", field, where);
            if (!projects.Exists(p => p.Fields.Contains(field)))
            {
                _problems.Add($"{where}: none of its projects has the field {field}");
            }
            Check(where, world.CustomFields.FirstOrDefault(f => f.Key == field), value);
        }
        if (Ancestors(task).Contains(task.Key))
        {
            _problems.Add($"{where}: is its own ancestor");
        }
    }

    private void Check(string where, FieldEntry? field, JsonNode value)
    {
        var isRight = field?.Type switch
        {
            null => true,
            "enum" => field.Options.Any(o => o.Name == value.ToString()),
            "multi_enum" => value is JsonArray names && names.All(n => field.Options.Any(o => o.Name == n?.ToString())),
            "people" => value is JsonArray keys
                && keys.All(k => _kinds.GetValueOrDefault(k?.ToString() ?? "") == "user"),
            "number" => decimal.TryParse(value.ToString(), out _),
            "date" => DateOnly.TryParseExact(value.ToString(), "yyyy-MM-dd", out _),
            _ => true,
        };
        if (!isRight)
        {
            _problems.Add($"{where}: {value.ToJsonString()} is no value of the field {field!.Key}");
        }
    }

    private void Check(CommentEntry comment, string where)
    {
        Is("user", comment.By, where);
        if (comment.Text is null == comment.HtmlText is null)
        {
            _problems.Add($"{where}: a comment has either text or html_text");
        }
        Text(where, comment.Text, comment.HtmlText);
    }

    private void Check(PortfolioEntry portfolio)
    {
        var where = $"portfolio {portfolio.Key}";
        Is("workspace", portfolio.Workspace, where);
        Member(where, portfolio.Workspace, portfolio.Owner);
        portfolio.Members.ToList().ForEach(m => Check(m, where, portfolio.Workspace));
        portfolio.Items.ToList().ForEach(i => Is("project", i, where));
    }

    private void Check(GoalEntry goal)
    {
        var where = $"goal {goal.Key}";
        Is("workspace", goal.Workspace, where);
        Is("team", goal.Team, where);
        Member(where, goal.Workspace, goal.Owner);
        goal.Followers.ToList().ForEach(f => Member(where, goal.Workspace, f));
    }

    private void Check(StatusEntry status)
    {
        var where = $"status update \"{status.Title}\"";
        if (_kinds.GetValueOrDefault(status.Parent) is not ("project" or "portfolio" or "goal"))
        {
            _problems.Add($"{where}: there is no project, portfolio or goal {status.Parent}");
        }
        Is("user", status.By, where);
    }

    private void Check(StoryEntry story)
    {
        Is("user", story.Roles.Creator, "story");
        Is("user", story.Roles.Outsider, "story");
        Is("user", story.Roles.Insider, "story");
        Is("user", story.ServiceAccount, "story");
        Is("project", story.Project, "story");
        Is("project", story.Board, "story");
        Is("field", story.PriorityField, "story");
        var field = world.CustomFields.FirstOrDefault(f => f.Key == story.PriorityField);
        if (field is not null && field.Options.All(o => o.Name != story.PriorityOption))
        {
            _problems.Add($"story: the field {field.Key} has no option \"{story.PriorityOption}\"");
        }
    }

    private void Member(string where, string workspace, string? user)
    {
        Is("user", user, where);
        var entry = world.Workspaces.FirstOrDefault(w => w.Key == workspace);
        if (user is not null && entry is not null && entry.Members.All(m => m.User != user))
        {
            _problems.Add($"{where}: {user} is not a member of the workspace {workspace}");
        }
    }

    private void Is(string kind, string? key, string where)
    {
        if (key is not null && _kinds.GetValueOrDefault(key) != kind)
        {
            _problems.Add($"{where}: there is no {kind} {key}");
        }
    }

    private void Level(string where, string? word)
    {
        if (word is not null && AccessLevelWords.Parse(word) is null)
        {
            _problems.Add($"{where}: \"{word}\" is not admin, editor, commenter or viewer");
        }
    }

    private void OneOf(string where, string what, string value, params ReadOnlySpan<string> allowed)
    {
        if (!allowed.Contains(value))
        {
            _problems.Add($"{where}: the {what} \"{value}\" is not one of {string.Join(", ", allowed.ToArray())}");
        }
    }

    private void Unique(string what, IEnumerable<string> values) =>
        _problems.AddRange(
            values
                .GroupBy(v => v)
                .Where(g => g.Count() > 1)
                .Select(g => $"{what} \"{g.Key}\" is there {g.Count()} times")
        );

    private void Text(string where, string? plain, string? html)
    {
        if (plain is not null && html is not null)
        {
            _problems.Add($"{where}: give plain or rich text, not both");
        }
        foreach (Match reference in Reference().Matches(html ?? ""))
        {
            if (!_kinds.ContainsKey(reference.Groups["key"].Value))
            {
                _problems.Add($"{where}: the text refers to {reference.Value}, which is not there");
            }
        }
    }

    private IEnumerable<string> Ancestors(TaskEntry task)
    {
        var seen = new HashSet<string>();
        for (var key = task.Parent; key is not null && seen.Add(key); )
        {
            yield return key;
            key = world.Tasks.FirstOrDefault(t => t.Key == key)?.Parent;
        }
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,60}$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex KeyForm();

    [GeneratedRegex(@"\{\{(?<key>[A-Za-z0-9_-]+)\}\}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    internal static partial Regex Reference();
}
