using System.Text.Json.Nodes;

namespace Behalf.Sandbox.Tests;

/// <summary>Apart from the reading rules, because whoever comments follows, and following changes who is seen.</summary>
public sealed class PermissionWriteTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    public static TheoryData<string> Users => [.. PermissionMatrix.Users];

    [Theory]
    [MemberData(nameof(Users))]
    public async Task Commenting_WorksFromCommentLevelUp(string user)
    {
        var api = sandbox.As(user);
        foreach (var cell in PermissionMatrix.Cells.Where(c => c.User == user && c.Kind is "task" or "goal"))
        {
            var path = $"/{cell.Kind}s/{sandbox.Gid(cell.Key)}/stories";
            var answer = await api.PostAsync(path, new JsonObject { ["text"] = "a remark" });
            answer.Status.Should().Be(cell.Level is 'E' or 'C' ? 201 : 403, "{0} {1}", user, cell.Key);
        }
    }

    [Theory]
    [MemberData(nameof(Users))]
    public async Task Editing_WorksAtEditLevelOnly(string user)
    {
        var api = sandbox.As(user);
        foreach (
            var cell in PermissionMatrix.Cells.Where(c => c.User == user && c.Kind is "task" or "project" or "tag")
        )
        {
            var answer = await api.PutAsync($"/{cell.Kind}s/{sandbox.Gid(cell.Key)}", []);
            answer.Status.Should().Be(cell.Level == 'E' ? 200 : 403, "{0} {1}", user, cell.Key);
        }
    }
}
