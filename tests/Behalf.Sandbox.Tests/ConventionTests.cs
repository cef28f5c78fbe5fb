namespace Behalf.Sandbox.Tests;

/// <summary>Envelopes, errors, fields and pages.</summary>
public sealed class ConventionTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private ApiClient Alice => sandbox.As("alice");

    [Theory]
    [InlineData("GET", "/nowhere", 404, "No matching route for request")]
    [InlineData("DELETE", "/users/me", 404, "No matching route for request")]
    [InlineData("GET", "/tasks/1", 404, "task: Unknown object: 1")]
    [InlineData("GET", "/tasks/we", 400, "task: Not a recognized ID: we")]
    [InlineData("GET", "/tasks/{website}", 404, "task: Not a recognized ID: {website}")]
    [InlineData(
        "GET",
        "/tasks",
        400,
        "Must specify exactly one of project, tag, section, user task list, or assignee + workspace"
    )]
    [InlineData(
        "GET",
        "/tasks?assignee=me",
        400,
        "Must specify exactly one of project, tag, section, user task list, or assignee + workspace"
    )]
    [InlineData("GET", "/projects?limit=101", 400, "limit: Not a valid limit: 101. Must be between 1 and 100.")]
    [InlineData("GET", "/projects?limit=0", 400, "limit: Not a valid limit: 0. Must be between 1 and 100.")]
    [InlineData("GET", "/projects?limit=2&offset=abc", 400, "offset: Your pagination token is invalid.")]
    [InlineData("GET", "/portfolios", 400, "workspace: Missing input")]
    [InlineData("GET", "/workspaces/{side-projects}/tasks/search", 402, "Search is only available to premium users.")]
    [InlineData(
        "GET",
        "/workspaces/{side-projects}/custom_fields",
        402,
        "Custom Fields are not available for free users or guests."
    )]
    [InlineData(
        "GET",
        "/projects/{garden}/custom_field_settings",
        402,
        "Custom Field Settings are not available for free users."
    )]
    [InlineData("GET", "/projects/{okr-board}", 403, "You do not have access to this project.")]
    [InlineData("GET", "/tasks/{succession}", 403, "You do not have access to this task.")]
    [InlineData("GET", "/teams/{leadership}", 403, "You do not have access to this team.")]
    [InlineData("POST", "/batch", 400, "actions: Must have between 1 and 10 actions")]
    public async Task Refusals_HaveAsanasWords(string method, string path, int status, string message)
    {
        var answer = await Alice.SendAsync(new HttpMethod(method), Fill(path), null);
        answer.Status.Should().Be(status);
        answer.Message.Should().Be(Fill(message));
    }

    [Theory]
    [InlineData(
        "{\"name\":\"x\"}",
        "Unrecognized request field name . The only allowed keys at the top level are: data, options. Is it possible you did not wrap object properties in a data object?"
    )]
    [InlineData("{", "Could not parse request data, invalid JSON")]
    [InlineData("{\"data\":{},\"data\":{}}", "Could not parse request data, invalid JSON")]
    [InlineData("{\"data\":{\"name\":\"x\"}}", "You should specify one of workspace, parent, projects")]
    [InlineData("{\"data\":{\"workspace\":12}}", "workspace: Not a valid GID type: number")]
    [InlineData(
        "{\"data\":{\"workspace\":\"{acme}\",\"assignee\":\"nobody@acme.com\"}}",
        "assignee: Not a user in Organization: nobody@acme.com"
    )]
    [InlineData(
        "{\"data\":{\"workspace\":\"{acme}\",\"due_on\":\"soon\"}}",
        "due_on: Date must be in ISO-8601 (yyyy-mm-dd) format, not: soon"
    )]
    [InlineData(
        "{\"data\":{\"workspace\":\"{acme}\",\"due_on\":\"2027-01-01\",\"due_at\":\"2027-01-01T10:00:00Z\"}}",
        "You may only provide one of due_on or due_at!"
    )]
    [InlineData(
        "{\"data\":{\"workspace\":\"{acme}\",\"custom_fields\":{\"{priority}\":null}}}",
        "Custom field with ID {priority} is not on given object"
    )]
    [InlineData("{\"data\":{\"workspace\":\"{acme}\",\"colour\":\"red\"}}", "colour: Cannot write this property")]
    [InlineData(
        "{\"data\":{\"workspace\":\"{acme}\",\"html_notes\":\"<body><p>x</p></body>\"}}",
        "html_notes: XML is invalid: unsupported tag <p>"
    )]
    [InlineData(
        "{\"data\":{\"workspace\":\"{acme}\",\"html_notes\":\"<body><b>x</body>\"}}",
        "html_notes: XML is invalid"
    )]
    [InlineData(
        "{\"data\":{\"workspace\":\"{acme}\",\"html_notes\":\"<body><a data-asana-gid='{okr-board}'/></body>\"}}",
        "html_notes: XML is invalid: the link to {okr-board} leads nowhere"
    )]
    public async Task ARefusedTask_IsNotThere(string body, string message)
    {
        var before = (await sandbox.JudgeAsync("/_sandbox/data"))["tasks"]!.AsArray().Count;
        var answer = await Alice.SendAsync(HttpMethod.Post, "/tasks", Fill(body));
        answer.Status.Should().Be(400);
        answer.Message.Should().Be(Fill(message));
        (await sandbox.JudgeAsync("/_sandbox/data"))["tasks"]!.AsArray().Count.Should().Be(before);
    }

    [Fact]
    public async Task PagesLeadToTheEnd_WithoutGapsOrRepeats()
    {
        var whole = await Alice.GetAsync($"/projects/{sandbox.Gid("website")}/tasks");
        var seen = new List<string>();
        var path = $"/projects/{sandbox.Gid("website")}/tasks?limit=3&opt_fields=name";
        while (true)
        {
            var page = await Alice.GetAsync(path);
            seen.AddRange(page.Gids);
            if (page.Json["next_page"] is not { } next)
            {
                break;
            }
            page.Gids.Should().HaveCount(3);
            next["uri"]!.GetValue<string>().Should().Be(sandbox.Origin + "/api/1.0" + next["path"]!.GetValue<string>());
            path = next["path"]!.GetValue<string>();
        }
        seen.Should().Equal(whole.Gids).And.HaveCount(9);
    }

    [Fact]
    public async Task AnOffset_IsBoundToItsRequestAndItsCaller_AndExpires()
    {
        var first = await Alice.GetAsync("/projects?limit=1");
        var offset = first.Json["next_page"]!["offset"]!.GetValue<string>();
        (await Alice.GetAsync($"/projects?limit=2&offset={offset}")).Status.Should().Be(200);
        (await Alice.GetAsync($"/projects?limit=1&archived=false&offset={offset}")).Status.Should().Be(400);
        (await sandbox.As("carol").GetAsync($"/projects?limit=1&offset={offset}")).Status.Should().Be(400);
        sandbox.Time.Advance(TimeSpan.FromMinutes(16));
        (await Alice.GetAsync($"/projects?limit=1&offset={offset}"))
            .Message.Should()
            .Be("offset: Your pagination token is invalid.");
    }

    [Theory]
    [InlineData("name", "gid,name")]
    [InlineData("this.name,this.notes", "gid,name,notes")]
    [InlineData("(name|completed)", "completed,gid,name")]
    [InlineData("nonsense", "gid")]
    [InlineData("num_subtasks,created_by", "created_by,gid,num_subtasks")]
    public async Task AskedFields_ComeAlone(string fields, string expected)
    {
        var answer = await Alice.GetAsync(
            $"/tasks/{sandbox.Gid("home-page")}?opt_fields={Uri.EscapeDataString(fields)}"
        );
        string.Join(',', answer.Data.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal)).Should().Be(expected);
    }

    [Fact]
    public async Task FieldPaths_ReachIntoRelatedObjects()
    {
        var path =
            $"/tasks/{sandbox.Gid("home-page")}?opt_fields=assignee.(name|email),memberships.section.name,custom_fields.display_value,num_subtasks";
        var data = (await Alice.GetAsync(path)).Data;
        data["assignee"]!.AsObject().Select(p => p.Key).Should().Equal("gid", "name", "email");
        data["memberships"]![0]!["section"]!["name"]!.GetValue<string>().Should().Be("To do");
        data["memberships"]![0]!.AsObject().ContainsKey("project").Should().BeFalse();
        data["num_subtasks"]!.GetValue<int>().Should().Be(2);
        data["custom_fields"]![0]!["gid"]!.GetValue<string>().Should().Be(sandbox.Gid("priority"));
        data["custom_fields"]!
            .AsArray()
            .Select(f => f!["display_value"]?.GetValue<string>())
            .Should()
            .Equal("High", "3.5", "Web, Mail", "2027-01-15T00:00:00.000Z", "Erin Evans, Carol Clark", "WEB-1", null);
    }

    [Fact]
    public async Task ListsAreCompact_SingleReadsAreFull_AndOptInFieldsWaitToBeAsked()
    {
        var row = (await Alice.GetAsync($"/projects/{sandbox.Gid("website")}/tasks")).Data[0]!.AsObject();
        row.Select(p => p.Key).Should().BeEquivalentTo("gid", "resource_type", "name", "resource_subtype");
        var record = (await Alice.GetAsync($"/tasks/{sandbox.Gid("home-page")}")).Data.AsObject();
        record.ContainsKey("notes").Should().BeTrue();
        record.ContainsKey("html_notes").Should().BeFalse();
        record.ContainsKey("num_subtasks").Should().BeFalse();
        (await Alice.GetAsync($"/projects/{sandbox.Gid("website")}/task_counts")).Data.AsObject().Should().BeEmpty();
    }

    [Fact]
    public async Task WithoutAToken_NothingIsSaid()
    {
        using var answer = await sandbox
            .Plain()
            .GetAsync(new Uri("/api/1.0/users/me", UriKind.Relative), TestContext.Current.CancellationToken);
        ((int)answer.StatusCode).Should().Be(401);
        answer.Content.Headers.ContentType!.ToString().Should().Be("application/json; charset=UTF-8");
        (await sandbox.With("nonsense").GetAsync("/users/me")).Message.Should().Be("Not Authorized");
    }

    /// <summary>Puts gids where the text names keys of the world.</summary>
    private string Fill(string text)
    {
        foreach (var (key, gid) in sandbox.World["keys"]!.AsObject())
        {
            text = text.Replace("{" + key + "}", gid!.GetValue<string>(), StringComparison.Ordinal);
        }
        return text;
    }
}
