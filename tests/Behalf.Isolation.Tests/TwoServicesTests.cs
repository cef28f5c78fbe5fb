using System.Text.Json.Nodes;
using Behalf.Agent;
using Behalf.Client;
using Behalf.TestAuthorizationServer;
using Microsoft.Extensions.AI;

namespace Behalf.Isolation.Tests;

/// <summary>One identifier, several services: one run of an agent uses tools of both, each through the user's own account.</summary>
public sealed class TwoServicesTests(TwoServices services) : IClassFixture<TwoServices>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("alice")]
    [InlineData("bob")]
    public async Task OneRun_UsesBothServices_EachThroughTheUsersOwnAccount(string person)
    {
        string prompt = $"Make a task of the newest issue of acme/web, for {person}";
        string name = $"Broken link, of {person}";
        await services.ScriptAsync(
            [
                Turn(prompt, ("github_list_issues", Json("""{"owner":"acme","repo":"web"}""")), ("asana_get_me", [])),
                Turn(
                    prompt,
                    (
                        "asana_create_task",
                        new JsonObject
                        {
                            ["name"] = name,
                            ["assignee"] = "me",
                            ["workspace"] = "Acme",
                        }
                    ),
                    ("github_add_comment", Json("""{"owner":"acme","repo":"web","number":7,"body":"Taken."}"""))
                ),
                new JsonObject
                {
                    ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = "Done." }),
                    ["when_prompt_contains"] = prompt,
                },
            ],
            Cancellation
        );
        int before = services.GitHub.Tokens.Count;
        using IChatClient model = ClaudeChatClient.Create(ModelOptions.Practice(services.Model));
        List<AgentEvent.ToolReturned> returned = [];
        await foreach (
            AgentEvent happened in new BehalfAgent(model).RunAsync(
                prompt,
                services.As(person),
                new AgentOptions(),
                Cancellation
            )
        )
        {
            if (happened is AgentEvent.ToolReturned one)
            {
                returned.Add(one);
            }
        }

        returned.Select(one => one.Name).Should().HaveCount(4);
        returned.Should().OnlyContain(one => one.Ok, string.Join("; ", returned.Select(one => one.Summary)));
        string[] used = [.. services.GitHub.Tokens.Skip(before).Distinct()];
        used.Should().Equal(services.TokenOf(person));
        JsonNode task = (await services.DataAsync(Cancellation))["tasks"]!
            .AsArray()
            .Single(one => (string)one!["name"]! == name)!;
        ((string?)task["created_by"], (string?)task["assignee"]).Should().Be((person, person));

        List<AuditRecord> calls = [];
        await foreach (
            AuditRecord record in services.Behalf.Audit.ListAsync(
                new AuditQuery { Identifier = person, Kind = "intent" },
                cancellationToken: Cancellation
            )
        )
        {
            calls.Add(record);
        }

        IGrouping<string, AuditRecord> run = calls
            .Where(call => call.AgentRunId.Length > 0)
            .GroupBy(call => call.AgentRunId)
            .Should()
            .ContainSingle("it was one run")
            .Subject;
        run.Select(call => call.Connection).Distinct().Should().BeEquivalentTo("asana", "github");
        run.Select(call => call.AccountId).Distinct().Should().HaveCount(2);
    }

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();

    private static JsonObject Turn(string prompt, params (string Tool, JsonObject Input)[] calls) =>
        new()
        {
            ["content"] = new JsonArray([
                .. calls.Select(
                    (call, index) =>
                        new JsonObject
                        {
                            ["type"] = "tool_use",
                            ["id"] = $"call-{call.Tool}-{index}",
                            ["name"] = call.Tool,
                            ["input"] = call.Input.DeepClone(),
                        }
                ),
            ]),
            ["stop_reason"] = "tool_use",
            ["when_prompt_contains"] = prompt,
        };
}

/// <summary>Alice and Bob with an account at the practice Asana and one at a stand-in with GitHub's habits.</summary>
public sealed class TwoServices() : PracticeHouse(["alice", "bob"], null)
{
    private const string Slug = "github";

    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);

    public QuirkServer GitHub { get; private set; } = null!;

    /// <summary>The token that the person's consent at GitHub led to.</summary>
    public string TokenOf(string person) => _tokens[person];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        string at = $"{GitHub.Origin}/{Slug}";
        await Behalf.Connections.AddAsync(
            new NewConnection
            {
                Connector = Slug,
                ClientId = QuirkServer.ClientId,
                ClientSecret = new SecretText(QuirkServer.ClientSecret),
                BaseUrl = at,
                OAuthUrl = at,
            },
            CancellationToken.None
        );
        foreach (string person in (string[])["alice", "bob"])
        {
            await ConnectAsync(Slug, person);
            int before = GitHub.Tokens.Count;
            await As(person).CallToolAsync("github_list_repositories", [], null, CancellationToken.None);
            _tokens[person] = GitHub.Tokens.Skip(before).First();
        }
    }

    protected override async Task<IReadOnlyList<string>> StartOthersAsync()
    {
        GitHub = await QuirkServer.StartAsync([
            new Quirk
            {
                Slug = Slug,
                AuthorizePath = "/login/oauth/authorize",
                TokenPath = "/login/oauth/access_token",
                Scopes = "read:user repo",
                Granted = "read:user,repo",
                FormAnswer = true,
                Refreshes = false,
                RefusalStatus = 200,
                Refusal = """{"error":"bad_verification_code"}""",
                UserPath = "/user",
                User = """{"id":4711,"login":"acme-person"}""",
            },
        ]);
        GitHub.Api = (_, method, path) =>
            (method, path) switch
            {
                ("GET", "/user/repos") => (200, "[]"),
                ("GET", "/repos/acme/web/issues") => (
                    200,
                    """[{"number":7,"title":"Broken link","state":"open","user":{"login":"carol"},"html_url":"https://github.example/7"}]"""
                ),
                ("POST", "/repos/acme/web/issues/7/comments") => (
                    201,
                    """{"id":1,"html_url":"https://github.example/7#1"}"""
                ),
                _ => null,
            };
        return [GitHub.Origin];
    }

    protected override ValueTask StopOthersAsync() => GitHub.DisposeAsync();
}
