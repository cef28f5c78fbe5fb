using System.Text.Json.Nodes;

namespace Behalf.Sandbox.Tests;

public sealed class PermissionTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private static readonly Dictionary<string, string> Collections = new()
    {
        ["workspace"] = "workspaces",
        ["team"] = "teams",
        ["project"] = "projects",
        ["task"] = "tasks",
        ["portfolio"] = "portfolios",
        ["goal"] = "goals",
        ["tag"] = "tags",
        ["field"] = "custom_fields",
        ["user"] = "users",
    };

    public static TheoryData<string> Users => [.. PermissionMatrix.Users];

    [Theory]
    [MemberData(nameof(Users))]
    public async Task Reading_WorksExactlyForWhatTheMatrixShows(string user)
    {
        var api = sandbox.As(user);
        foreach (var cell in PermissionMatrix.Cells.Where(c => c.User == user))
        {
            var answer = await api.GetAsync($"/{Collections[cell.Kind]}/{sandbox.Gid(cell.Key)}");
            answer.Status.Should().Be(cell.Level == '-' ? 403 : 200, "{0} {1} {2}", user, cell.Kind, cell.Key);
            if (cell.Level == '-')
            {
                answer.Message.Should().StartWith("You do not have access to this ");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Users))]
    public async Task TheJudgesMatrix_AgreesWithTheHandWrittenOne(string user)
    {
        var access = (await sandbox.JudgeAsync("/_sandbox/world"))["access"]![user]!;
        foreach (var cell in PermissionMatrix.Cells.Where(c => c.User == user))
        {
            var expected = cell.Level switch
            {
                'E' => "edit",
                'C' => "comment",
                'R' => "read",
                _ => "none",
            };
            access[sandbox.Gid(cell.Key)]!.GetValue<string>().Should().Be(expected, "{0} {1}", user, cell.Key);
        }
    }

    [Theory]
    [MemberData(nameof(Users))]
    public async Task Lists_HoldExactlyWhatTheUserSees(string user)
    {
        var api = sandbox.As(user);
        await HoldsAsync(api, user, "project", "/projects?limit=100");
        await HoldsAsync(api, user, "workspace", "/workspaces");
        await HoldsAsync(api, user, "tag", "/tags?limit=100");
        foreach (var workspace in PermissionMatrix.Seen(user, "workspace"))
        {
            var gid = sandbox.Gid(workspace);
            await HoldsAsync(api, user, "team", $"/workspaces/{gid}/teams", k => workspace == "acme");
            await HoldsAsync(api, user, "portfolio", $"/portfolios?workspace={gid}", k => workspace == "acme");
            await HoldsAsync(api, user, "goal", $"/goals?workspace={gid}", k => workspace == "acme");
            foreach (var kind in new[] { "project", "task", "team", "portfolio", "goal", "tag" })
            {
                var foreign = new[] { "garden", "seeds" };
                await HoldsAsync(
                    api,
                    user,
                    kind,
                    $"/workspaces/{gid}/typeahead?resource_type={kind}&count=100",
                    k => foreign.Contains(k) == (workspace != "acme")
                );
            }
        }
    }

    [Theory]
    [MemberData(nameof(Users))]
    public async Task Search_FindsExactlyTheTasksTheUserSees(string user)
    {
        var answer = await sandbox.As(user).GetAsync($"/workspaces/{sandbox.Gid("acme")}/tasks/search?limit=100");
        var expected = PermissionMatrix.Seen(user, "task").Where(k => k != "seeds").Select(sandbox.Gid);
        answer.Gids.Should().BeEquivalentTo(expected);
    }

    [Theory]
    [MemberData(nameof(Users))]
    public async Task PeopleLists_HoldExactlyThePeopleTheUserSees(string user)
    {
        var expected = PermissionMatrix.Seen(user, "user").Select(sandbox.Gid).ToList();
        var acme = sandbox.Gid("acme");
        (await sandbox.As(user).GetAsync($"/users?workspace={acme}")).Gids.Should().BeEquivalentTo(expected);
        var suggested = await sandbox
            .As(user)
            .GetAsync($"/workspaces/{acme}/typeahead?resource_type=user&query=&count=100");
        suggested.Gids.Should().BeEquivalentTo(expected);
    }

    [Theory]
    [MemberData(nameof(Users))]
    public async Task AssigneeLists_HoldOnlyTasksTheUserSees(string user)
    {
        var seen = PermissionMatrix.Seen(user, "task").Select(sandbox.Gid).ToList();
        foreach (var assignee in PermissionMatrix.Seen(user, "user"))
        {
            var path = $"/tasks?assignee={sandbox.Gid(assignee)}&workspace={sandbox.Gid("acme")}";
            (await sandbox.As(user).GetAsync(path)).Gids.Should().BeSubsetOf(seen);
        }
    }

    [Fact]
    public async Task PortfolioItems_LeaveOutProjectsTheMemberCannotSee()
    {
        var path = $"/portfolios/{sandbox.Gid("company-bets")}/items";
        (await sandbox.As("alice").GetAsync(path)).Gids.Should().Equal(sandbox.Gid("website"));
        (await sandbox.As("carol").GetAsync(path)).Gids.Should().HaveCount(3);
    }

    [Fact]
    public async Task AMultiHomedTask_ShowsOnlyTheProjectsTheReaderSees()
    {
        var path = $"/tasks/{sandbox.Gid("announcement")}";
        var forBob = await sandbox.As("bob").GetAsync(path);
        forBob.Data["projects"]!.AsArray().Should().HaveCount(1);
        forBob.Data["memberships"]!.AsArray().Should().HaveCount(1);
        forBob.Text.Should().NotContain("OKR").And.NotContain("confidence").And.NotContain(sandbox.Gid("okr-board"));
        (await sandbox.As("bob").GetAsync(path + "/projects")).Gids.Should().Equal(sandbox.Gid("website"));
        (await sandbox.As("bob").GetAsync(path + "/stories")).Text.Should().NotContain("OKR");
        (await sandbox.As("carol").GetAsync(path + "/stories")).Text.Should().Contain("added to Leadership OKR board");
    }

    [Fact]
    public async Task DependenciesAndParents_AreLeftOut_WhenTheReaderCannotSeeThem()
    {
        var task = sandbox.Gid("pricing-page");
        (await sandbox.As("alice").GetAsync($"/tasks/{task}/dependencies"))
            .Gids.Should()
            .Equal(sandbox.Gid("navigation"));
        var inline = await sandbox.As("alice").GetAsync($"/tasks/{task}?opt_fields=dependencies.name");
        inline.Data["dependencies"]!.AsArray().Should().HaveCount(1);
        (await sandbox.As("carol").GetAsync($"/tasks/{task}/dependencies")).Gids.Should().HaveCount(2);
        var alice = sandbox.As("alice");
        var subtask = await alice.PostAsync(
            $"/tasks/{sandbox.Gid("surprise")}/subtasks",
            new JsonObject { ["name"] = "buy balloons" }
        );
        var gid = subtask.Data["gid"]!.GetValue<string>();
        await alice.PutAsync($"/tasks/{gid}", new JsonObject { ["assignee"] = "bob@acme.com" });
        var forBob = await sandbox.As("bob").GetAsync($"/tasks/{gid}");
        forBob.Status.Should().Be(200);
        forBob.Data["parent"].Should().BeNull();
        await alice.DeleteAsync($"/tasks/{gid}");
    }

    [Fact]
    public async Task Links_ReadPrivateLink_WhenTheReaderCannotSeeTheTarget()
    {
        var path = $"/tasks/{sandbox.Gid("pricing-page")}?opt_fields=html_notes,notes";
        var forBob = await sandbox.As("bob").GetAsync(path);
        forBob.Data["html_notes"]!
            .GetValue<string>()
            .Should()
            .Contain("<a data-asana-accessible=\"false\">Private Link</a>");
        forBob.Data["notes"]!.GetValue<string>().Should().Be("Waits for Private Link and Fix the navigation menu.");
        forBob.Text.Should().NotContain(sandbox.Gid("okr-pricing"));
        (await sandbox.As("carol").GetAsync(path)).Text.Should().Contain("Approve the new prices");
    }

    [Fact]
    public async Task AGuest_SeesStrangersAsPrivateUser()
    {
        var comments = await sandbox.As("dave").GetAsync($"/tasks/{sandbox.Gid("home-page")}/stories");
        comments.Status.Should().Be(200);
        comments.Text.Should().Contain("Private User").And.Contain("Erin Evans").And.NotContain("Carol");
    }

    private async Task HoldsAsync(
        ApiClient api,
        string user,
        string kind,
        string path,
        Func<string, bool>? where = null
    )
    {
        var expected = PermissionMatrix.Seen(user, kind).Where(where ?? (_ => true)).Select(sandbox.Gid);
        var answer = await api.GetAsync(path);
        answer.Status.Should().Be(200, path);
        answer.Gids.Should().BeEquivalentTo(expected, "{0} {1}", user, path);
    }
}
