using System.Text.Json.Nodes;

namespace Behalf.Sandbox.Tests;

/// <summary>The whole of Asana's published API is there, and what needs no code of its own keeps the rules too.</summary>
public sealed class CatalogueTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private ApiClient Alice => sandbox.As("alice");

    [Fact]
    public async Task EveryPublishedOperation_IsOffered()
    {
        using var stream = typeof(SandboxApp).Assembly.GetManifestResourceStream("operation-scopes.json")!;
        var operations = JsonNode.Parse(stream)!["operations"]!.AsArray();
        var wrong = new List<string>();
        foreach (var operation in operations)
        {
            var path = System.Text.RegularExpressions.Regex.Replace((string)operation!["path"]!, "\\{[^}]+\\}", "1");
            var method = (string)operation["method"]!;
            var body = method is "POST" or "PUT" ? """{"data":{}}""" : null;
            var answer = await Alice.SendAsync(new HttpMethod(method), path, body);
            if (answer.Status >= 500 || (answer.Status == 404 && answer.Message == "No matching route for request"))
            {
                wrong.Add($"{operation["operationId"]}: {answer.Status} {answer.Text}");
            }
        }
        operations.Should().HaveCountGreaterThan(240);
        wrong.Should().BeEmpty();
    }

    [Theory]
    [InlineData(
        "allocations",
        "{\"parent\":\"{website}\",\"assignee\":\"me\",\"start_date\":\"2026-12-01\",\"end_date\":\"2026-12-05\"}",
        "{\"end_date\":\"2026-12-06\"}",
        "?parent={website}"
    )]
    [InlineData(
        "budgets",
        "{\"parent\":\"{website}\",\"budget_type\":\"hours\",\"total\":{\"value\":40}}",
        "{\"total\":{\"value\":50}}",
        "?parent={website}"
    )]
    [InlineData(
        "rates",
        "{\"parent\":\"{website}\",\"resource\":\"me\",\"rate\":80}",
        "{\"rate\":90}",
        "?parent={website}"
    )]
    [InlineData(
        "time_tracking_categories",
        "{\"workspace\":\"{acme}\",\"name\":\"Travel\"}",
        "{\"name\":\"Trips\"}",
        "?workspace={acme}"
    )]
    [InlineData(
        "ooo_entries",
        "{\"workspace\":\"{acme}\",\"user\":\"me\",\"start_date\":\"2026-12-24\",\"end_date\":\"2026-12-31\"}",
        "{\"end_date\":\"2026-12-30\"}",
        "?workspace={acme}&user=me"
    )]
    public async Task ARecord_IsMadeListedChangedAndDeleted(
        string collection,
        string created,
        string changed,
        string query
    )
    {
        var made = await Alice.PostAsync($"/{collection}", Object(created));
        made.Status.Should().Be(201, made.Text);
        var gid = (string)made.Data["gid"]!;
        var path = $"/{collection}/{gid}";

        (await Alice.GetAsync($"/{collection}{Fill(query)}")).Gids.Should().Contain(gid);
        var update = await Alice.PutAsync(path, Object(changed));
        update.Status.Should().Be(200, update.Text);
        var (name, value) = Object(changed).First();
        JsonNode.DeepEquals((await Alice.GetAsync(path)).Data[name], value).Should().BeTrue();
        (await Alice.PutAsync(path, new JsonObject { ["colour"] = "red" })).Status.Should().Be(400);
        if (collection != "time_tracking_categories") // those are everybody's
        {
            (await sandbox.As("erin").DeleteAsync(path)).Status.Should().Be(403, "Erin reads only");
        }
        (await Alice.DeleteAsync(path)).Status.Should().Be(200);
        (await Alice.GetAsync(path)).Status.Should().Be(404);
    }

    [Fact]
    public async Task ARecord_IsHiddenAndFixed_WhereItsHomeIs()
    {
        var brief = new JsonObject { ["title"] = "Why", ["text"] = "Because" };
        (await Alice.PostAsync(Fill("/projects/{okr-board}/project_briefs"), brief)).Status.Should().Be(403);
        (await sandbox.As("bob").PostAsync(Fill("/projects/{website}/project_briefs"), brief.DeepClone().AsObject()))
            .Message.Should()
            .Be("Access denied", "Bob reads the project only");
        var made = await Alice.PostAsync(Fill("/projects/{website}/project_briefs"), brief.DeepClone().AsObject());
        made.Status.Should().Be(201, made.Text);
        var path = $"/project_briefs/{made.Data["gid"]}";
        ((string)(await sandbox.As("bob").GetAsync(path)).Data["text"]!).Should().Be("Because");
        (await sandbox.As("bob").DeleteAsync(path)).Status.Should().Be(403);
        (await Alice.GetAsync($"/budgets/{made.Data["gid"]}")).Status.Should().Be(404, "it is of another kind");
    }

    [Fact]
    public async Task Roles_AreMadeByAdministratorsAlone()
    {
        var role = new JsonObject { ["workspace"] = sandbox.Gid("acme"), ["name"] = "Auditor" };
        var people = new[] { "alice", "bob", "carol", "dave" };
        var statuses = new List<int>();
        foreach (var person in people)
        {
            statuses.Add((await sandbox.As(person).PostAsync("/roles", role.DeepClone().AsObject())).Status);
        }
        statuses.Should().OnlyContain(status => status == 201 || status == 403).And.Contain(403);
    }

    [Fact]
    public async Task AGoal_IsMadeMeasuredSupportedAndDeleted()
    {
        var made = await Alice.PostAsync(
            "/goals",
            new JsonObject
            {
                ["name"] = "Grow",
                ["workspace"] = sandbox.Gid("acme"),
                ["due_on"] = "2026-12-31",
            }
        );
        made.Status.Should().Be(201, made.Text);
        var path = $"/goals/{made.Data["gid"]}";
        var metric = new JsonObject { ["resource_subtype"] = "number", ["target_number_value"] = 10 };
        (await Alice.PostAsync($"{path}/setMetric", metric)).Data["metric"]!["target_number_value"]!
            .GetValue<int>()
            .Should()
            .Be(10);
        var support = new JsonObject
        {
            ["supporting_resource"] = sandbox.Gid("website"),
            ["contribution_weight"] = 0.5,
        };
        (await Alice.PostAsync($"{path}/addSupportingRelationship", support)).Status.Should().Be(200);
        (await Alice.GetAsync($"/goal_relationships?supported_goal={made.Data["gid"]}")).Gids.Should().ContainSingle();
        (
            await Alice.PostAsync(
                $"{path}/addCustomFieldSetting",
                new JsonObject { ["custom_field"] = sandbox.Gid("priority") }
            )
        )
            .Status.Should()
            .Be(200);
        (await Alice.GetAsync($"{path}/custom_field_settings")).Gids.Should().ContainSingle();
        (await sandbox.As("bob").PutAsync(path, new JsonObject { ["name"] = "Shrink" })).Status.Should().Be(403);
        (await Alice.PutAsync(path, new JsonObject { ["name"] = "Grow more" })).Data["name"]!
            .GetValue<string>()
            .Should()
            .Be("Grow more");
        (await Alice.DeleteAsync(path)).Status.Should().Be(200);
        (await Alice.GetAsync(path)).Status.Should().Be(404);
    }

    [Fact]
    public async Task AProject_IsDuplicatedAndTemplated_WithWhatTheCallerSees()
    {
        var job = await Alice.PostAsync(
            Fill("/projects/{website}/duplicate"),
            new JsonObject { ["name"] = "Website 2" }
        );
        job.Status.Should().Be(201, job.Text);
        var copy = (string)job.Data["new_project"]!["gid"]!;
        var names = (await Alice.GetAsync($"/tasks?project={copy}&opt_fields=name")).Data.AsArray();
        names.Should().HaveSameCount((await Alice.GetAsync(Fill("/tasks?project={website}"))).Data.AsArray());
        (await sandbox.As("bob").GetAsync($"/projects/{copy}")).Status.Should().Be(403, "a copy is its maker's alone");

        var saved = await Alice.PostAsync(
            $"/projects/{copy}/saveAsTemplate",
            new JsonObject { ["name"] = "Site", ["public"] = true }
        );
        var template = (string)saved.Data["new_project_template"]!["gid"]!;
        (await Alice.GetAsync(Fill("/project_templates?workspace={acme}"))).Gids.Should().Contain(template);
        var made = await Alice.PostAsync(
            $"/project_templates/{template}/instantiateProject",
            new JsonObject { ["name"] = "Website 3" }
        );
        ((string)made.Data["new_project"]!["name"]!).Should().Be("Website 3");
        (await sandbox.As("bob").GetAsync($"/project_templates/{template}")).Status.Should().Be(403);
    }

    [Fact]
    public async Task Memberships_FollowFromWhoIsThere()
    {
        var team = (string)
            (
                await Alice.PostAsync(
                    "/teams",
                    new JsonObject { ["name"] = "Night", ["organization"] = sandbox.Gid("acme") }
                )
            ).Data["gid"]!;
        var bob = (string)sandbox.User("bob")["gid"]!;
        var added = await Alice.PostAsync($"/teams/{team}/addUser", new JsonObject { ["user"] = bob });
        added.Status.Should().Be(200, added.Text);
        var membership = $"/team_memberships/{added.Data["gid"]}";
        (await Alice.GetAsync($"/teams/{team}/team_memberships")).Gids.Should().HaveCount(2);
        (await sandbox.As("bob").GetAsync(membership)).Status.Should().Be(200);
        (await sandbox.As("dave").GetAsync(membership)).Status.Should().BeOneOf(403, 404);
        (await Alice.PostAsync($"/teams/{team}/removeUser", new JsonObject { ["user"] = bob })).Status.Should().Be(200);
        (await Alice.GetAsync(membership)).Status.Should().Be(404);
    }

    [Fact]
    public async Task ACustomField_IsMadeGivenOptionsAndPutOnAProject()
    {
        var made = await Alice.PostAsync(
            "/custom_fields",
            new JsonObject
            {
                ["name"] = "Size",
                ["workspace"] = sandbox.Gid("acme"),
                ["resource_subtype"] = "enum",
            }
        );
        made.Status.Should().Be(201, made.Text);
        var gid = (string)made.Data["gid"]!;
        var option = await Alice.PostAsync($"/custom_fields/{gid}/enum_options", new JsonObject { ["name"] = "Large" });
        (await Alice.PutAsync($"/enum_options/{option.Data["gid"]}", new JsonObject { ["name"] = "Huge" }))
            .Status.Should()
            .Be(200);
        ((string)(await Alice.GetAsync($"/custom_fields/{gid}")).Data["enum_options"]![0]!["name"]!)
            .Should()
            .Be("Huge");
        (await sandbox.As("carol").PutAsync($"/custom_fields/{gid}", new JsonObject { ["name"] = "x" }))
            .Status.Should()
            .BeOneOf(200, 403);
        (await Alice.DeleteAsync($"/custom_fields/{gid}")).Status.Should().Be(200);
        (await Alice.GetAsync($"/custom_fields/{gid}")).Status.Should().Be(404);
    }

    [Fact]
    public async Task ABatch_AnswersEachAction_AsTheCallerMay()
    {
        var answer = await Alice.PostAsync(
            "/batch",
            new JsonObject
            {
                ["actions"] = new JsonArray(
                    Action("get", "/users/me"),
                    Action("get", Fill("/projects/{okr-board}")),
                    Action(
                        "post",
                        "/tasks",
                        new JsonObject
                        {
                            ["name"] = "From a batch",
                            ["projects"] = new JsonArray(sandbox.Gid("website")),
                        }
                    ),
                    Action("get", "/nowhere"),
                    Action("post", "/batch")
                ),
            }
        );
        answer.Status.Should().Be(200, answer.Text);
        answer
            .Data.AsArray()
            .Select(one => one!["status_code"]!.GetValue<int>())
            .Should()
            .Equal(200, 403, 201, 404, 404);
        ((string)answer.Data[2]!["body"]!["data"]!["name"]!).Should().Be("From a batch");
    }

    [Fact]
    public async Task Events_BeginWithAToken_AndTellWhatTheCallerSees()
    {
        var first = await Alice.GetAsync(Fill("/events?resource={website}"));
        first.Status.Should().Be(412);
        var sync = (string)first.Json["sync"]!;
        var task = await Alice.PostAsync(
            "/tasks",
            new JsonObject { ["name"] = "Watched", ["projects"] = new JsonArray(sandbox.Gid("website")) }
        );

        var events = await Alice.GetAsync(Fill("/events?resource={website}&sync=") + sync);

        events.Status.Should().Be(200, events.Text);
        events
            .Data.AsArray()
            .Select(one => (string)one!["resource"]!["gid"]!)
            .Should()
            .Contain((string)task.Data["gid"]!);
        events.Json["has_more"]!.GetValue<bool>().Should().BeFalse();
    }

    private static JsonObject Action(string method, string path, JsonObject? data = null) =>
        new()
        {
            ["method"] = method,
            ["relative_path"] = path,
            ["data"] = data,
        };

    private JsonObject Object(string json) =>
        JsonNode
            .Parse(
                Fill(json.Replace("{\"", "\u0001", StringComparison.Ordinal))
                    .Replace("\u0001", "{\"", StringComparison.Ordinal)
            )!
            .AsObject();

    private string Fill(string text) =>
        System.Text.RegularExpressions.Regex.Replace(
            text,
            "\\{([a-z0-9-]+)\\}",
            match => sandbox.Gid(match.Groups[1].Value)
        );
}
