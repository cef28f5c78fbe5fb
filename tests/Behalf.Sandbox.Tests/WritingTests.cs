using System.Text.Json.Nodes;

namespace Behalf.Sandbox.Tests;

public sealed class WritingTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private ApiClient Alice => sandbox.As("alice");

    [Fact]
    public async Task ACreatedTask_IsWhatWasAskedFor_AndBelongsToTheTokensUser()
    {
        var story = sandbox.World["story"]!;
        var answer = await Alice.PostAsync(
            "/tasks",
            new JsonObject
            {
                ["name"] = story["task"]!.GetValue<string>(),
                ["projects"] = new JsonArray(sandbox.Gid("website")),
                ["assignee"] = "me",
                ["custom_fields"] = new JsonObject
                {
                    [sandbox.Gid("priority")] = story["priority_option"]!["gid"]!.GetValue<string>(),
                },
            }
        );
        answer.Status.Should().Be(201);
        var gid = answer.Data["gid"]!.GetValue<string>();
        answer.Location!.ToString().Should().EndWith($"/api/1.0/tasks/{gid}");
        var task = await StoredAsync("tasks", gid);
        task["created_by"]!.GetValue<string>().Should().Be("alice");
        task["assignee"]!.GetValue<string>().Should().Be("alice");
        task["projects"]![0]!.GetValue<string>().Should().Be(sandbox.Gid("website"));
        task["custom_fields"]![sandbox.Gid("priority")]!["name"]!.GetValue<string>().Should().Be("High");
        var stories = await Alice.GetAsync($"/tasks/{gid}/stories?opt_fields=text");
        stories
            .Data.AsArray()
            .Select(s => s!["text"]!.GetValue<string>())
            .Should()
            .Equal("added to Website", "assigned to Alice Adams");
    }

    [Fact]
    public async Task Creating_IsRefused_InAProjectThatIsReadOnlyOrHidden()
    {
        var hidden = new JsonObject { ["name"] = "x", ["projects"] = new JsonArray(sandbox.Gid("okr-board")) };
        (await Alice.PostAsync("/tasks", hidden)).Message.Should().Be("You do not have access to this project.");
        var readOnly = new JsonObject { ["name"] = "x", ["projects"] = new JsonArray(sandbox.Gid("website")) };
        (await sandbox.As("bob").PostAsync("/tasks", readOnly)).Message.Should().Be("Access denied");
        (await sandbox.As("erin").PostAsync("/tasks", readOnly.DeepClone().AsObject())).Status.Should().Be(403);
    }

    [Fact]
    public async Task AnUpdate_TellsItsStory_AndARefusedOneChangesNothing()
    {
        var gid = await CreateAsync("Before");
        var path = $"/tasks/{gid}";
        (await Alice.PutAsync(path, new JsonObject { ["name"] = "After", ["completed"] = true }))
            .Status.Should()
            .Be(200);
        var refused = new JsonObject { ["name"] = "Never", ["assignee"] = "nobody@acme.com" };
        (await Alice.PutAsync(path, refused)).Status.Should().Be(400);
        (await Alice.PutAsync(path, new JsonObject { ["projects"] = new JsonArray() }))
            .Message.Should()
            .Be("projects: Cannot write this property");
        var task = await StoredAsync("tasks", gid);
        task["name"]!.GetValue<string>().Should().Be("After");
        task["completed"]!.GetValue<bool>().Should().BeTrue();
        var stories = await Alice.GetAsync($"{path}/stories?opt_fields=text,created_by.name");
        stories
            .Data.AsArray()
            .Select(s => s!["text"]!.GetValue<string>())
            .Should()
            .Equal("added to Website", "changed the name to \"After\"", "marked this task complete");
    }

    [Theory]
    [InlineData("{\"$priority\":\"High\"}", 400)]
    [InlineData("{\"$effort\":\"3\"}", 400)]
    [InlineData(
        "{\"$effort\":2.5,\"$ticket\":\"T-1\",\"$launch-date\":{\"date\":\"2027-02-01\"},\"$reviewers\":[\"me\"]}",
        200
    )]
    [InlineData("{\"$cost-centre\":\"c\"}", 403)]
    [InlineData("{\"$confidence\":null}", 400)]
    public async Task CustomFields_TakeTheirOwnKindOfValue(string fields, int status)
    {
        foreach (var (key, gid) in sandbox.World["keys"]!.AsObject())
        {
            fields = fields.Replace($"\"${key}\"", gid!.ToJsonString(), StringComparison.Ordinal);
        }
        var task = await CreateAsync("Fields");
        var answer = await Alice.PutAsync(
            $"/tasks/{task}",
            new JsonObject { ["custom_fields"] = JsonNode.Parse(fields) }
        );
        answer.Status.Should().Be(status);
    }

    [Fact]
    public async Task Comments_AreTheirAuthors_AndOnlyTheyChangeThem()
    {
        var task = sandbox.Gid("home-page");
        var comment = await sandbox
            .As("erin")
            .PostAsync($"/tasks/{task}/stories", new JsonObject { ["text"] = "A < B & C" });
        var path = $"/stories/{comment.Data["gid"]!.GetValue<string>()}";
        comment.Data["text"]!.GetValue<string>().Should().Be("A < B & C");
        comment.Data["created_by"]!["name"]!.GetValue<string>().Should().Be("Erin Evans");
        (await Alice.PutAsync(path, new JsonObject { ["text"] = "mine now" })).Message.Should().Be("Access denied");
        (await sandbox.As("svc-bot").DeleteAsync(path)).Status.Should().Be(403);
        var edited = await sandbox
            .As("erin")
            .PutAsync(
                path + "?opt_fields=html_text,is_edited",
                new JsonObject { ["html_text"] = "<body><strong>yes</strong></body>" }
            );
        edited.Data["html_text"]!.GetValue<string>().Should().Be("<body><strong>yes</strong></body>");
        edited.Data["is_edited"]!.GetValue<bool>().Should().BeTrue();
        (await sandbox.As("erin").DeleteAsync(path)).Status.Should().Be(200);
        (await Alice.GetAsync(path)).Status.Should().Be(404);
    }

    [Fact]
    public async Task Search_RunsBehindTheWrites_AndListsDoNot()
    {
        var gid = await CreateAsync("Zebra crossing");
        var search = $"/workspaces/{sandbox.Gid("acme")}/tasks/search?text=";
        (await Alice.GetAsync(search + "zebra")).Gids.Should().BeEmpty();
        (await Alice.GetAsync($"/tasks?project={sandbox.Gid("website")}")).Gids.Should().Contain(gid);
        sandbox.Time.Advance(TimeSpan.FromSeconds(10));
        (await Alice.GetAsync(search + "zebra")).Gids.Should().Equal(gid);
        await Alice.PutAsync($"/tasks/{gid}", new JsonObject { ["name"] = "Giraffe crossing" });
        (await Alice.GetAsync(search + "zebra")).Gids.Should().Equal(gid);
        sandbox.Time.Advance(TimeSpan.FromSeconds(10));
        (await Alice.GetAsync(search + "zebra")).Gids.Should().BeEmpty();
        (await Alice.GetAsync(search + "giraffe")).Gids.Should().Equal(gid);
    }

    [Fact]
    public async Task SearchFilters_Filter_AndUnknownOnesAreIgnored()
    {
        var search = $"/workspaces/{sandbox.Gid("acme")}/tasks/search?limit=100";
        var all = (await Alice.GetAsync(search)).Gids;
        (await Alice.GetAsync($"{search}&projects_any={sandbox.Gid("website")}")).Gids.Should().BeEquivalentTo(all);
        (await Alice.GetAsync($"{search}&projects.any={sandbox.Gid("okr-board")}")).Gids.Should().BeEmpty();
        (await Alice.GetAsync($"{search}&tags.any={sandbox.Gid("quick-win")}"))
            .Gids.Should()
            .BeEquivalentTo([sandbox.Gid("navigation"), sandbox.Gid("broken-images")]);
        (await Alice.GetAsync($"{search}&assignee.any={sandbox.Gid("bob")}"))
            .Gids.Should()
            .BeEquivalentTo([sandbox.Gid("navigation"), sandbox.Gid("venue")]);
        var medium = (await Alice.GetAsync($"/custom_fields/{sandbox.Gid("priority")}")).Data["enum_options"]![1]![
            "gid"
        ]!.GetValue<string>();
        (await Alice.GetAsync($"{search}&custom_fields.{sandbox.Gid("priority")}.value={medium}"))
            .Gids.Should()
            .BeEquivalentTo([sandbox.Gid("navigation"), sandbox.Gid("pricing-page")]);
    }

    [Fact]
    public async Task Sharing_TakesTheRightRole_AndOpensTheProject()
    {
        var created = await sandbox
            .As("bob")
            .PostAsync("/projects", new JsonObject { ["name"] = "Picnic", ["workspace"] = sandbox.Gid("acme") });
        created.Status.Should().Be(201);
        var project = created.Data["gid"]!.GetValue<string>();
        (await Alice.GetAsync($"/projects/{project}")).Status.Should().Be(403);
        var asked = await Alice.PostAsync(
            "/access_requests",
            new JsonObject { ["target"] = project, ["message"] = "please" }
        );
        asked.Status.Should().Be(201);
        asked.Text.Should().NotContain("Picnic");
        var share = new JsonObject
        {
            ["parent"] = project,
            ["member"] = sandbox.Gid("alice"),
            ["access_level"] = "viewer",
        };
        var shared = await sandbox.As("bob").PostAsync("/memberships", share);
        shared.Status.Should().Be(201);
        (await Alice.GetAsync($"/projects/{project}")).Status.Should().Be(200);
        (await Alice.PostAsync("/memberships", share.DeepClone().AsObject())).Status.Should().Be(403);
        await sandbox.As("bob").DeleteAsync($"/memberships/{shared.Data["gid"]!.GetValue<string>()}");
        (await Alice.GetAsync($"/projects/{project}")).Status.Should().Be(403);
        (await Alice.DeleteAsync($"/projects/{project}")).Status.Should().Be(403);
        (await sandbox.As("bob").DeleteAsync($"/projects/{project}")).Status.Should().Be(200);
        (await sandbox.As("bob").GetAsync($"/projects/{project}"))
            .Message.Should()
            .Be($"project: Not a recognized ID: {project}");
    }

    [Fact]
    public async Task Relations_AreMadeAndUnmade()
    {
        var (one, two) = (await CreateAsync("One"), await CreateAsync("Two"));
        var doing = (await Alice.GetAsync($"/projects/{sandbox.Gid("website")}/sections")).Gids[1];
        await OkAsync($"/sections/{doing}/addTask", new JsonObject { ["task"] = one });
        await OkAsync($"/tasks/{one}/addTag", new JsonObject { ["tag"] = sandbox.Gid("customer") });
        await OkAsync($"/tasks/{one}/addFollowers", new JsonObject { ["followers"] = new JsonArray("bob@acme.com") });
        await OkAsync($"/tasks/{one}/addDependencies", new JsonObject { ["dependencies"] = new JsonArray(two) });
        await OkAsync($"/tasks/{two}/setParent", new JsonObject { ["parent"] = one });
        (await Alice.PostAsync($"/tasks/{one}/setParent", new JsonObject { ["parent"] = two })).Status.Should().Be(400);
        (
            await Alice.PostAsync(
                $"/tasks/{two}/addDependencies",
                new JsonObject { ["dependencies"] = new JsonArray(one) }
            )
        )
            .Status.Should()
            .Be(400);
        var task = await StoredAsync("tasks", one);
        task["sections"]![0]!.GetValue<string>().Should().Be(doing);
        task["tags"]![0]!.GetValue<string>().Should().Be(sandbox.Gid("customer"));
        task["followers"]!.AsArray().Select(f => f!.GetValue<string>()).Should().Equal("alice", "bob");
        task["dependencies"]![0]!.GetValue<string>().Should().Be(two);
        task["subtasks"]![0]!.GetValue<string>().Should().Be(two);
        await OkAsync($"/tasks/{one}/removeTag", new JsonObject { ["tag"] = sandbox.Gid("customer") });
        await OkAsync(
            $"/tasks/{one}/removeFollowers",
            new JsonObject { ["followers"] = new JsonArray(sandbox.Gid("bob")) }
        );
        await OkAsync($"/tasks/{one}/removeDependencies", new JsonObject { ["dependencies"] = new JsonArray(two) });
        await OkAsync($"/tasks/{two}/setParent", new JsonObject { ["parent"] = null });
        await OkAsync($"/tasks/{one}/removeProject", new JsonObject { ["project"] = sandbox.Gid("website") });
        var after = await StoredAsync("tasks", one);
        foreach (var list in new[] { "sections", "tags", "dependencies", "subtasks" })
        {
            after[list]!.AsArray().Should().BeEmpty(list);
        }
    }

    [Fact]
    public async Task Duplicating_CopiesWhatIsNamed()
    {
        var include = new JsonObject
        {
            ["name"] = "Copy",
            ["include"] = new JsonArray("notes", "subtasks", "assignee", "projects"),
        };
        var job = await Alice.PostAsync($"/tasks/{sandbox.Gid("home-page")}/duplicate", include);
        job.Data["status"]!.GetValue<string>().Should().Be("succeeded");
        var copy = await StoredAsync("tasks", job.Data["new_task"]!["gid"]!.GetValue<string>());
        copy["name"]!.GetValue<string>().Should().Be("Copy");
        copy["created_by"]!.GetValue<string>().Should().Be("alice");
        copy["subtasks"]!.AsArray().Should().HaveCount(2);
        (await sandbox.As("bob").GetAsync($"/jobs/{job.Data["gid"]!.GetValue<string>()}")).Status.Should().Be(403);
        (await Alice.DeleteAsync($"/tasks/{copy["gid"]!.GetValue<string>()}")).Status.Should().Be(200);
    }

    [Fact]
    public async Task AnAttachment_IsFetchedWithoutTheToken_ForTwoMinutes()
    {
        var task = sandbox.Gid("home-page");
        (await sandbox.As("bob").UploadAsync(task, "a.txt", "no")).Status.Should().Be(403);
        var uploaded = await Alice.UploadAsync(task, "a.txt", "the content");
        uploaded.Status.Should().Be(201);
        var path = $"/attachments/{uploaded.Data["gid"]!.GetValue<string>()}";
        var url = new Uri((await Alice.GetAsync(path)).Data["download_url"]!.GetValue<string>());
        var token = TestContext.Current.CancellationToken;
        (await sandbox.Plain().GetStringAsync(url, token)).Should().Be("the content");
        using var withBearer = new HttpRequestMessage(HttpMethod.Get, url);
        withBearer.Headers.Authorization = new("Bearer", sandbox.User("alice")["pat"]!.GetValue<string>());
        using var refused = await sandbox.Plain().SendAsync(withBearer, token);
        ((int)refused.StatusCode).Should().Be(400);
        sandbox.Time.Advance(TimeSpan.FromSeconds(121));
        using var late = await sandbox.Plain().GetAsync(url, token);
        ((int)late.StatusCode).Should().Be(403);
        (await Alice.DeleteAsync(path)).Status.Should().Be(200);
    }

    private async Task<string> CreateAsync(string name)
    {
        var data = new JsonObject { ["name"] = name, ["projects"] = new JsonArray(sandbox.Gid("website")) };
        return (await Alice.PostAsync("/tasks", data)).Data["gid"]!.GetValue<string>();
    }

    private async Task OkAsync(string path, JsonObject data) =>
        (await Alice.PostAsync(path, data)).Status.Should().Be(200, path);

    private async Task<JsonNode> StoredAsync(string list, string gid) =>
        (await sandbox.JudgeAsync("/_sandbox/data"))[list]!.AsArray().First(i => i!["gid"]!.GetValue<string>() == gid)!;
}
