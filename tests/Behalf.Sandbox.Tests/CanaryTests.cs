using System.Text.Json.Nodes;
using Behalf.Sandbox.World;

namespace Behalf.Sandbox.Tests;

/// <summary>Everything is asked for by everybody, and no phrase of a hidden object comes back.</summary>
public sealed class CanaryTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private const string Wide =
        "name,notes,html_notes,text,html_text,title,description,email,members.name,owner.name,team.name,projects.name,"
        + "memberships.(project|section).name,parent.name,parent.notes,subtasks.name,dependencies.(name|notes),"
        + "dependents.name,tags.name,custom_fields.(name|display_value|description),custom_field_settings.custom_field.(name|description),"
        + "assignee.name,followers.name,created_by.name,current_status_update.(title|text),target.name,items.name,download_url";

    public static TheoryData<string> Users => [.. PermissionMatrix.Users];

    [Theory]
    [MemberData(nameof(Users))]
    public async Task NoAnswer_HoldsAPhraseOfAnObjectTheUserCannotSee(string user)
    {
        var hidden = Phrases().Where(p => PermissionMatrix.Level(user, p.Key) == '-').ToList();
        hidden.Should().NotBeEmpty();
        var asked = 0;
        foreach (var path in Paths())
        {
            foreach (var full in new[] { path, path + (path.Contains('?') ? "&" : "?") + "opt_fields=" + Wide })
            {
                var answer = await sandbox.As(user).GetAsync(full);
                answer.Status.Should().BeOneOf([200, 400, 402, 403, 404], full);
                hidden
                    .Where(p => answer.Text.Contains(p.Phrase, StringComparison.OrdinalIgnoreCase))
                    .Should()
                    .BeEmpty("{0} {1}", user, full);
                asked++;
            }
        }
        asked.Should().BeGreaterThan(500);
    }

    [Fact]
    public async Task TheServiceAccount_FindsThemAll()
    {
        var found = new List<string>();
        foreach (var path in Paths())
        {
            found.Add((await sandbox.As("svc-bot").GetAsync(path)).Text);
        }
        var everything = string.Join('\n', found);
        Phrases()
            .Where(p =>
                PermissionMatrix.Level("svc-bot", p.Key) != '-'
                && !everything.Contains(p.Phrase, StringComparison.Ordinal)
            )
            .Should()
            .BeEmpty();
    }

    /// <summary>Every name and text of the document that begins with "Canary", with the object it belongs to.</summary>
    private static IEnumerable<(string Key, string Phrase)> Phrases()
    {
        var world = JsonNode.Parse(WorldReader.DefaultText)!;
        foreach (var list in new[] { "projects", "tasks", "portfolios", "goals" })
        {
            foreach (var item in world[list]!.AsArray())
            {
                foreach (var text in Texts(item!).Where(t => t.StartsWith("Canary", StringComparison.Ordinal)))
                {
                    yield return (item!["key"]!.GetValue<string>(), text);
                }
            }
        }
        yield return ("okr-board", "Leadership OKR board");
        yield return ("okr-board", "Canary status-okr: topaz barrel");
        yield return ("confidence", "Canary field-confidence: cobalt windmill");
        yield return ("confidence", "Board confidence");
        yield return ("confidence", "Canary confident");
        yield return ("launch-plan", "Launch plan");
        yield return ("campaigns", "Campaign calendar");
    }

    private static IEnumerable<string> Texts(JsonNode item)
    {
        foreach (var name in new[] { "name", "notes" })
        {
            if (item[name] is { } text)
            {
                yield return text.GetValue<string>();
            }
        }
        foreach (var comment in item["comments"]?.AsArray() ?? [])
        {
            yield return comment!["text"]?.GetValue<string>() ?? "";
        }
        foreach (var attachment in item["attachments"]?.AsArray() ?? [])
        {
            yield return attachment!["name"]!.GetValue<string>();
        }
    }

    private IEnumerable<string> Paths()
    {
        var acme = sandbox.Gid("acme");
        yield return "/users/me";
        yield return "/workspaces";
        yield return "/projects?limit=100";
        yield return $"/users?workspace={acme}";
        yield return $"/workspaces/{acme}/custom_fields";
        yield return $"/workspaces/{acme}/tags";
        yield return $"/workspaces/{acme}/teams";
        yield return $"/workspaces/{acme}/tasks/search?limit=100";
        yield return $"/workspaces/{acme}/tasks/search?limit=100&text=canary";
        yield return $"/workspaces/{acme}/tasks/search?limit=100&projects.any={sandbox.Gid("okr-board")}";
        yield return $"/workspaces/{acme}/projects/search?text=o";
        yield return $"/portfolios?workspace={acme}";
        yield return $"/goals?workspace={acme}";
        foreach (var type in new[] { "task", "project", "user", "team", "tag", "portfolio", "goal", "custom_field" })
        {
            yield return $"/workspaces/{acme}/typeahead?resource_type={type}&count=100";
            yield return $"/workspaces/{acme}/typeahead?resource_type={type}&count=100&query=canary";
        }
        foreach (var gid in sandbox.World["access"]!["alice"]!.AsObject().Select(p => p.Key))
        {
            foreach (var collection in new[] { "attachments", "stories", "status_updates", "sections", "memberships" })
            {
                yield return $"/{collection}/{gid}";
            }
        }
        foreach (var cell in PermissionMatrix.Cells.Where(c => c.User == "alice"))
        {
            var gid = sandbox.Gid(cell.Key);
            IReadOnlyList<string> paths = cell.Kind switch
            {
                "task" =>
                [
                    $"/tasks/{gid}",
                    $"/tasks/{gid}/subtasks",
                    $"/tasks/{gid}/stories",
                    $"/tasks/{gid}/dependencies",
                    $"/tasks/{gid}/dependents",
                    $"/tasks/{gid}/projects",
                    $"/tasks/{gid}/tags",
                    $"/attachments?parent={gid}",
                ],
                "project" =>
                [
                    $"/projects/{gid}",
                    $"/projects/{gid}/tasks",
                    $"/projects/{gid}/sections",
                    $"/tasks?project={gid}",
                    $"/projects/{gid}/custom_field_settings",
                    $"/memberships?parent={gid}",
                    $"/status_updates?parent={gid}",
                    $"/attachments?parent={gid}",
                    $"/projects/{gid}/task_counts",
                ],
                "team" => [$"/teams/{gid}", $"/teams/{gid}/projects", $"/teams/{gid}/users", $"/projects?team={gid}"],
                "user" =>
                [
                    $"/users/{gid}",
                    $"/tasks?assignee={gid}&workspace={acme}",
                    $"/users/{gid}/teams?organization={acme}",
                    $"/users/{gid}/user_task_list?workspace={acme}",
                ],
                "portfolio" => [$"/portfolios/{gid}", $"/portfolios/{gid}/items", $"/status_updates?parent={gid}"],
                "goal" => [$"/goals/{gid}", $"/goals/{gid}/stories"],
                "tag" => [$"/tags/{gid}", $"/tags/{gid}/tasks"],
                "field" => [$"/custom_fields/{gid}"],
                _ => [$"/workspaces/{gid}"],
            };
            foreach (var path in paths)
            {
                yield return path;
            }
        }
    }
}
