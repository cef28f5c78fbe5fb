using System.Text.Json.Nodes;

namespace Behalf.Sandbox.Tests;

/// <summary>
/// What takes more than editing: sharing a project, its privacy, deleting it. Written by hand from the published roles.
/// Every attempt asks for something impossible, so that the world stays as it is: who may gets 400, who may not 403.
/// </summary>
public sealed class AdministrationTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    // A: administers; E: edits; R: reads or comments; -: does not see it.
    private const string Roles = """
        project        alice bob carol dave erin svc-bot
        website        E     R   A     -    R    A
        website-next   -     -   A     -    -    A
        okr-board      -     -   A     -    -    A
        launch-plan    R     A   -     -    -    A
        campaigns      A     -   -     -    E    A
        garden         A     -   -     -    -    -
        """;

    public static TheoryData<string, string, char> Cells()
    {
        TheoryData<string, string, char> cells = [];
        string[][] rows = [.. Roles.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        foreach (string[] row in rows[1..])
        {
            for (int i = 1; i < row.Length; i++)
            {
                cells.Add(rows[0][i], row[0], row[i][0]);
            }
        }

        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task SharingAndPrivacy_AreForThoseWhoAdminister(string user, string project, char role)
    {
        var api = sandbox.As(user);
        var gid = sandbox.Gid(project);
        var expected = role == 'A' ? 400 : 403;

        var shared = await api.PostAsync(
            "/memberships",
            new JsonObject
            {
                ["parent"] = gid,
                ["member"] = "me",
                ["access_level"] = "nonsense",
            }
        );
        var privacy = await api.PutAsync($"/projects/{gid}", new JsonObject { ["privacy_setting"] = "nonsense" });

        shared.Status.Should().Be(expected, "{0} shares {1}", user, project);
        privacy.Status.Should().Be(expected, "{0} sets the privacy of {1}", user, project);
        if (role != 'A')
        {
            (await api.DeleteAsync($"/projects/{gid}")).Status.Should().Be(403, "{0} deletes {1}", user, project);
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task SectionsAndStatusUpdates_AreForThoseWhoEdit(string user, string project, char role)
    {
        var api = sandbox.As(user);
        var gid = sandbox.Gid(project);
        var expected = role is 'A' or 'E' ? 400 : 403;

        var section = await api.PostAsync($"/projects/{gid}/sections", []);
        var status = await api.PostAsync(
            "/status_updates",
            new JsonObject { ["parent"] = gid, ["status_type"] = "nonsense" }
        );

        section.Status.Should().Be(expected, "{0} adds a section to {1}", user, project);
        status.Status.Should().Be(expected, "{0} posts on {1}", user, project);
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task MembersFilesAndCounts_AreForThoseWhoSeeTheProject(string user, string project, char role)
    {
        var api = sandbox.As(user);
        var gid = sandbox.Gid(project);
        foreach (
            var path in new[]
            {
                $"/memberships?parent={gid}",
                $"/attachments?parent={gid}",
                $"/status_updates?parent={gid}",
                $"/projects/{gid}/task_counts?opt_fields=num_tasks",
                $"/projects/{gid}/sections",
            }
        )
        {
            (await api.GetAsync(path)).Status.Should().Be(role == '-' ? 403 : 200, "{0} {1}", user, path);
        }
    }
}
