using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestPostgreSql;

namespace Behalf.Server.Tests;

/// <summary>What one node was told holds on the other at once, and what one began the other finishes.</summary>
public sealed class TwoNodesTests(TwoNodes nodes) : IClassFixture<TwoNodes>, IAsyncLifetime
{
    private static readonly object Thing = new { thing = "1" };

    private Stage Stage => nodes.Stage;

    public ValueTask InitializeAsync()
    {
        PostgreSqlServer.Require();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task SignInForAnMcpClient_GoesOn_WhicheverNodeEachStepLandsOn()
    {
        Stage stage = nodes.Stage;
        foreach (
            (string path, object body) in new (string, object)[]
            {
                ("/api/v1/behalf/people", new { name = "alice", password = PeopleStage.Password }),
                (
                    "/api/v1/behalf/mcp_clients",
                    new { name = "Sample client", redirect_uris = new[] { "https://client.example/callback" } }
                ),
            }
        )
        {
            Reply added = await stage.Server.SendAsync(
                HttpMethod.Post,
                path,
                stage.Server.OperatorToken,
                JsonSerializer.Serialize(body)
            );
            added.Status.Should().Be(200, added.Body);
        }

        Reply clients = await stage.Server.SendAsync(
            HttpMethod.Get,
            "/api/v1/behalf/mcp_clients",
            stage.Server.OperatorToken
        );
        McpClientProgram client = new(
            stage.Server,
            clients.Json.GetProperty("clients")[0].GetProperty("client_id").GetString()!,
            "https://client.example/callback"
        );
        Person alice = stage.NewPerson("alice");
        Uri second = nodes.OnSecond(new Uri($"{stage.Server.Server.Url}/"));

        (await alice.SignInAsync(second, "alice", PeopleStage.Password)).Status.Should().Be(200);
        Reply pushed = await client.PostAsync(
            "/oauth/par",
            [.. client.Parameters().Select(parameter => (parameter.Key, (string?)parameter.Value))]
        );
        Uri request = new(
            $"{second}oauth/authorize?client_id={client.ClientId}&request_uri={Uri.EscapeDataString(pushed.Json.GetProperty("request_uri").GetString()!)}"
        );
        Form consent = Form.Of(await alice.OpenAsync(request), "consent");
        Page answer = await alice.SendAsync(new Uri(stage.Server.Server.Url), consent, ("decision", "allow"));
        using HttpRequestMessage exchange = new(HttpMethod.Post, new Uri("/oauth/access_token", UriKind.Relative))
        {
            Content = new FormUrlEncodedContent(
                new Dictionary<string, string>
                {
                    ["grant_type"] = "authorization_code",
                    ["code"] = McpClientProgram.CodeOf(answer.Location!),
                    ["redirect_uri"] = client.RedirectUri,
                    ["client_id"] = client.ClientId,
                    ["code_verifier"] = client.Verifier,
                }
            ),
        };
        Reply tokens = await nodes.SendToSecondAsync(exchange);
        tokens.Status.Should().Be(200, tokens.Body);
        Reply refreshed = await client.RefreshAsync(tokens.Json.GetProperty("refresh_token").GetString()!);
        refreshed.Status.Should().Be(200, refreshed.Body);
        Visitor visitor = client.Visit(refreshed.Json);
        using HttpRequestMessage list = visitor.Request("tools/list", []);
        (await nodes.SendToSecondAsync(list)).Status.Should().Be(200);

        await client.PostAsync(
            "/oauth/revoke",
            ("token", refreshed.Json.GetProperty("access_token").GetString()),
            ("client_id", client.ClientId)
        );

        using HttpRequestMessage late = visitor.Request("tools/list", []);
        (await nodes.SendToSecondAsync(late)).Status.Should().Be(401);
    }

    [Fact]
    public async Task McpSessionAndChanges_AreKnownOnTheOtherNode()
    {
        Visitor alice = await (await Stage.VisitorAsync("alice-mcp-across", "2025-11-25")).InitializeAsync();
        using HttpRequestMessage list = alice.Request("tools/list", []);
        using HttpClient http = new() { BaseAddress = nodes.OnSecond(alice.Url) };
        using HttpRequestMessage stream = alice.StreamRequest();
        await using EventStream changes = await EventStream.OpenAsync(http, stream);

        Reply listed = await nodes.SendToSecondAsync(list);
        await Stage.RevokeAsync("alice-mcp-across");

        listed.Status.Should().Be(200, listed.Body);
        listed.Body.Should().Contain("tracker_get_thing");
        JsonElement told = await changes.NextAsync(Stage.Server.Time);
        told.GetProperty("method").GetString().Should().Be("notifications/tools/list_changed");
    }

    [Fact]
    public async Task ConnectWalk_GoesOnOnTheOtherNode_AtEveryStep()
    {
        Person alice = Stage.NewPerson("alice-across");
        Uri link = await Stage.LinkAsync("alice-across");
        (await alice.OpenAsync(link)).Status.Should().Be(200);
        Uri provider = await alice.StartAsync(nodes.OnSecond(link));
        Page back = await alice.OpenAsync(await alice.ConsentAsync(provider, "alice"));
        back.Status.Should().Be(303, back.Body);

        Reply verified = await nodes.SendToSecondAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts/user/verify",
            new Dictionary<string, string>
            {
                ["auth_request_id"] = alice.RequestIdOf(back),
                ["identifier"] = "alice-across",
            }
        );

        verified.Status.Should().Be(200, verified.Body);
        Reply first = await Stage.ExecuteAsync("alice-across", "tracker_get_thing", Thing);
        Reply second = await nodes.ExecuteOnSecondAsync("alice-across", "tracker_get_thing", Thing);
        first.Status.Should().Be(200, first.Body);
        second.Status.Should().Be(200, second.Body);
    }

    [Fact]
    public async Task LinkPage_OfOneNode_IsSubmittedToTheOther()
    {
        Person bob = Stage.NewPerson("bob-across");
        Uri link = await Stage.LinkAsync("bob-across");
        Uri provider = await bob.StartAsync(link, nodes.OnSecond(link));
        Page back = await bob.OpenAsync(nodes.OnSecond(await bob.ConsentAsync(provider, "bob")));

        back.Status.Should().Be(303, back.Body);
        Reply verified = await Stage.VerifyAsync(bob.RequestIdOf(back), "bob-across");
        verified.Status.Should().Be(200, verified.Body);
    }

    [Fact]
    public async Task RevokedAccount_StartsNothingOnTheOtherNode()
    {
        string account = await Stage.ConnectAsync("carol-across");
        Reply before = await nodes.ExecuteOnSecondAsync("carol-across", "tracker_get_thing", Thing);
        int sent = Stage.CountApiRequests();

        Reply revoked = await Stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts:delete",
            Stage.Server.ServiceToken,
            JsonSerializer.Serialize(new { id = account })
        );
        Reply after = await nodes.ExecuteOnSecondAsync("carol-across", "tracker_get_thing", Thing);

        before.Status.Should().Be(200, before.Body);
        revoked.Status.Should().Be(200, revoked.Body);
        after.Status.Should().NotBe(200);
        Stage.CountApiRequests().Should().Be(sent);
    }

    [Fact]
    public async Task Key_MeansOneExecution_OnBothNodes()
    {
        await Stage.ConnectAsync("dave-across");
        int sent = Stage.CountApiRequests();
        object arguments = new { name = "once" };

        Reply[] replies = await WaitingAsync(
            Enumerable
                .Range(0, 12)
                .Select(i =>
                    i % 2 == 0
                        ? nodes.ExecuteOnSecondAsync("dave-across", "tracker_create_thing", arguments, "one-key")
                        : SendToFirstAsync("dave-across", "one-key")
                )
        );
        Reply afterwards = await SendToFirstAsync("dave-across", "one-key");
        Stage.Server.Time.Advance(TimeSpan.FromMinutes(30));
        Reply muchLater = await nodes.ExecuteOnSecondAsync("dave-across", "tracker_create_thing", arguments, "one-key");

        Reply[] all = [.. replies, afterwards, muchLater];
        all.Should().OnlyContain(reply => reply.Status == 200);
        all.Select(reply => reply.Body).Distinct().Should().ContainSingle("one execution has one answer");
        Stage.CountApiRequests().Should().Be(sent + 1);
    }

    [Fact]
    public async Task RepeatsWithoutAKey_JoinTheCallThatRuns_OnEitherNode()
    {
        await Stage.ConnectAsync("bob-joins");
        int sent = 0;
        TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Stage.Provider.Api = async context =>
        {
            Interlocked.Increment(ref sent);
            reached.TrySetResult();
            await held.Task;
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync("""{"id":"1","user":"alice"}"""u8.ToArray());
        };
        try
        {
            Task<Reply> first = SendToFirstAsync("bob-joins", key: null);
            await reached.Task;
            Task<Reply[]> repeats = WaitingAsync(
                Enumerable
                    .Range(0, 6)
                    .Select(i =>
                        i % 2 == 0
                            ? nodes.ExecuteOnSecondAsync("bob-joins", "tracker_create_thing", new { name = "once" })
                            : SendToFirstAsync("bob-joins", key: null)
                    )
            );
            await Task.WhenAny(
                repeats,
                Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, TestContext.Current.CancellationToken)
            );
            repeats.IsCompleted.Should().BeFalse("they wait for the first one's answer");
            held.SetResult();

            Reply[] all = [await first, .. await repeats];

            all.Should().OnlyContain(reply => reply.Status == 200);
            all.Select(reply => reply.Body).Distinct().Should().ContainSingle();
            sent.Should().Be(1);
        }
        finally
        {
            held.TrySetResult();
            Stage.Provider.Api = null;
        }
    }

    [Fact]
    public async Task ExpiredToken_IsRefreshedOnce_ForCallsOnBothNodes()
    {
        Stage.Client.AccessLifetime = TimeSpan.FromMinutes(10); // shorter than the application's own token
        Person erin = Stage.NewPerson("erin-across");
        string id = await erin.ConnectAsync(await Stage.LinkAsync("erin-across"), "erin-across");
        (await Stage.VerifyAsync(id, "erin-across")).Status.Should().Be(200);
        Stage.Server.Time.Advance(TimeSpan.FromMinutes(20));

        Reply[] replies = await WaitingAsync(
            Enumerable
                .Range(0, 40)
                .Select(i =>
                    i % 2 == 0
                        ? Stage.ExecuteAsync("erin-across", "tracker_get_thing", Thing)
                        : nodes.ExecuteOnSecondAsync("erin-across", "tracker_get_thing", Thing)
                )
        );

        replies.Should().OnlyContain(reply => reply.Status == 200);
        Stage
            .Provider.Received.Should()
            .ContainSingle(request => request.User == "erin-across" && request.GrantType == "refresh_token");
    }

    /// <summary>Whoever waits for what the other node does waits by the test's clock, which goes on meanwhile.</summary>
    private async Task<Reply[]> WaitingAsync(IEnumerable<Task<Reply>> calls)
    {
        Task<Reply[]> all = Task.WhenAll(calls);
        while (!all.IsCompleted)
        {
            Stage.Server.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(
                all,
                Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken)
            );
        }

        return await all;
    }

    private Task<Reply> SendToFirstAsync(string identifier, string? key)
    {
        HttpRequestMessage request = new(HttpMethod.Post, new Uri("/api/v1/execute_tool", UriKind.Relative))
        {
            Content = System.Net.Http.Json.JsonContent.Create(
                new Dictionary<string, object>
                {
                    ["tool_name"] = "tracker_create_thing",
                    ["identifier"] = identifier,
                    ["params"] = new { name = "once" },
                }
            ),
        };
        request.Headers.Authorization = new("Bearer", Stage.Server.ServiceToken);
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return Stage.Server.SendAsync(request);
    }
}
