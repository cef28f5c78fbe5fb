using System.Text.Json.Nodes;
using Behalf.Sandbox.OAuth;

namespace Behalf.Sandbox.Tests;

public sealed class ScopeTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    /// <summary>Every published operation, asked with a grant that lacks just what it needs.</summary>
    [Fact]
    public async Task EveryOperation_IsClosed_WithoutItsScopes()
    {
        var all = OperationTable.KnownScopes.Where(s => s != ScopeSet.Default).Order(StringComparer.Ordinal).ToList();
        var app = await Consent.RegisterAsync(sandbox, Array(all));
        foreach (var group in OperationTable.All.GroupBy(o => o.Scopes.Count == 0 ? "" : o.Scopes[0]))
        {
            var granted = all.Where(s => s != group.Key);
            var tokens = await app.TokensAsync("alice", string.Join(' ', granted));
            var api = sandbox.With(tokens["access_token"]!.GetValue<string>());
            foreach (var operation in group)
            {
                var path = System.Text.RegularExpressions.Regex.Replace(operation.Path, "{[^}]*}", "1");
                var answer = await api.SendAsync(new HttpMethod(operation.Method), path, null);
                answer.Status.Should().Be(403, "{0} {1}", operation.Method, operation.Path);
                if (group.Key.Length == 0)
                {
                    answer.Message.Should().Be("Full permissions are required to use this endpoint.");
                }
                else
                {
                    answer.Message.Should().Contain(group.Key);
                }
            }
        }
    }

    [Fact]
    public async Task EveryScopedOperation_IsOpen_WithItsScopesAlone()
    {
        foreach (
            var group in OperationTable.All.Where(o => o.Scopes.Count > 0).GroupBy(o => string.Join(' ', o.Scopes))
        )
        {
            var app = await Consent.RegisterAsync(sandbox, Array(group.Key.Split(' ')));
            var tokens = await app.TokensAsync("alice", group.Key);
            var api = sandbox.With(tokens["access_token"]!.GetValue<string>());
            foreach (var operation in group)
            {
                var path = System.Text.RegularExpressions.Regex.Replace(operation.Path, "{[^}]*}", "1");
                var answer = await api.SendAsync(new HttpMethod(operation.Method), path, null);
                answer.Status.Should().NotBe(403, "{0} {1}", operation.Method, operation.Path);
            }
        }
    }

    [Fact]
    public async Task MoreOfARelatedObject_NeedsThatObjectsScope()
    {
        var api = await GrantedAsync("tasks:read");
        var task = sandbox.Gid("home-page");
        var names = await api.GetAsync($"/tasks/{task}?opt_fields=name,assignee.name,projects.name");
        names.Data["assignee"]!["name"]!.GetValue<string>().Should().Be("Alice Adams");
        (await api.GetAsync($"/tasks/{task}?opt_fields=assignee.email")).Message.Should().Contain("users:read");
        (await api.GetAsync($"/tasks/{task}?opt_fields=projects.notes")).Message.Should().Contain("projects:read");
        (await api.GetAsync($"/tasks/{task}?opt_fields=parent.assignee.email")).Status.Should().Be(403);
        var more = await GrantedAsync("tasks:read", "users:read");
        (await more.GetAsync($"/tasks/{task}?opt_fields=assignee.email")).Status.Should().Be(200);
    }

    [Fact]
    public async Task Memberships_NeedScopesThatNobodyCanGet()
    {
        var api = await GrantedAsync("tasks:read", "projects:read");
        var task = sandbox.Gid("home-page");
        var unasked = await api.GetAsync($"/tasks/{task}");
        unasked.Status.Should().Be(200);
        unasked.Data.AsObject().ContainsKey("memberships").Should().BeFalse();
        (await api.GetAsync($"/tasks/{task}?opt_fields=memberships.section.name")).Status.Should().Be(403);
    }

    [Fact]
    public async Task AnAppCannotRegister_AScopeAsanaDoesNotHave()
    {
        var body = new JsonObject
        {
            ["name"] = "x",
            ["redirect_uris"] = new JsonArray(),
            ["scopes"] = "sections:read",
        };
        (await sandbox.JudgeAsync(HttpMethod.Post, "/_sandbox/apps", body)).Status.Should().Be(400);
    }

    private async Task<ApiClient> GrantedAsync(params string[] scopes)
    {
        var app = await Consent.RegisterAsync(sandbox, Array(scopes));
        var tokens = await app.TokensAsync("alice", string.Join(' ', scopes));
        return sandbox.With(tokens["access_token"]!.GetValue<string>());
    }

    private static JsonArray Array(IEnumerable<string> scopes) => new([.. scopes.Select(s => (JsonNode?)s)]);
}
