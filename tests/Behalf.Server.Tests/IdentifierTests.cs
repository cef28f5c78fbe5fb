using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.ConnectedAccounts;
using Behalf.Wire.Tools;
using Google.Protobuf;

namespace Behalf.Server.Tests;

/// <summary>Identifiers are opaque at every door: compared exactly, refused when they are not plain, never repaired.</summary>
public sealed class IdentifierTests(Stage stage) : IClassFixture<Stage>
{
    private const string Accounts = "/scalekit.v1.connected_accounts.ConnectedAccountService/";
    private const string Tools = "/scalekit.v1.tools.ToolService/";

    public static TheoryData<string> Bad =>
        [
            " user",
            "user ",
            "\u00a0user",
            "user\u3000",
            "us\0er",
            "us\r\ner",
            "us\ter",
            "us\u007fer",
            "us\u200ber",
            "us\u200der",
            "us\u2060er",
            "\ufeffuser",
            "us\u202eer",
            "us\u2066er",
            "us\u2028er",
            "us\u00ader",
            "us\U000E0041er",
            "us\U0010FFFFer",
            "us\ufdd0er",
            "jose\u0301",
            "\u212bngstrom",
            "\u1112\u1161\u11ab",
            "user\u0323\u0301x\u0301\u0323",
            new string('x', 257),
            string.Concat(Enumerable.Repeat("\U0001F600", 257)),
        ];

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Identifier_IsRefusedAtEveryDoor_WhenItIsNotPlain(string identifier)
    {
        string name = JsonSerializer.Serialize(identifier);
        string query = Uri.EscapeDataString(identifier);
        (HttpMethod Method, string Path, string? Body)[] requests =
        [
            (HttpMethod.Post, "/api/v1/execute_tool", $$"""{"tool_name":"tracker_get_thing","identifier":{{name}}}"""),
            (HttpMethod.Get, $"/api/v1/tools/scoped?identifier={query}", null),
            (HttpMethod.Get, $"/api/v1/tools/available?identifier={query}", null),
            (HttpMethod.Get, $"/api/v1/connected_accounts?identifier={query}", null),
            (HttpMethod.Get, $"/api/v1/connected_accounts/details?connector=tracker&identifier={query}", null),
            (
                HttpMethod.Post,
                "/api/v1/connected_accounts/magic_link",
                $$"""{"connector":"tracker","identifier":{{name}}}"""
            ),
            (
                HttpMethod.Post,
                "/api/v1/connected_accounts",
                $$"""{"connector":"tracker","identifier":{{name}},"connected_account":{"authorization_details":{"oauth_token":{} } } }"""
            ),
            (
                HttpMethod.Post,
                "/api/v1/connected_accounts:delete",
                $$"""{"connector":"tracker","identifier":{{name}}}"""
            ),
            (
                HttpMethod.Post,
                "/api/v1/connected_accounts/user/verify",
                $$"""{"auth_request_id":"x","identifier":{{name}}}"""
            ),
            (HttpMethod.Post, "/api/v1/user_sessions", $$"""{"identifier":{{name}}}"""),
            (HttpMethod.Post, "/api/v1/behalf/users:sign_out", $$"""{"identifier":{{name}}}"""),
            (HttpMethod.Post, "/api/v1/behalf/users:revoke", $$"""{"identifier":{{name}}}"""),
        ];
        foreach ((HttpMethod method, string path, string? body) in requests)
        {
            Reply reply = await stage.Server.SendAsync(method, path, stage.Server.ServiceToken, body);
            reply.Status.Should().Be(400, $"{method} {path.Split('?')[0]} {reply.Body}");
            reply.Body.Should().Contain("identifier");
        }

        (string Method, IMessage Request)[] calls =
        [
            (Tools + "ExecuteTool", new ExecuteToolRequest { ToolName = "x", Identifier = identifier }),
            (Accounts + "ListConnectedAccounts", new ListConnectedAccountsRequest { Identifier = identifier }),
            (
                Accounts + "GetConnectedAccountDetails",
                new GetConnectedAccountByIdentifierRequest { Connector = "tracker", Identifier = identifier }
            ),
            (
                Accounts + "VerifyConnectedAccountUser",
                new VerifyConnectedAccountUserRequest { AuthRequestId = "x", Identifier = identifier }
            ),
        ];
        foreach ((string method, IMessage request) in calls)
        {
            GrpcReply reply = await GrpcCall.SendAsync(stage.Server, method, request, stage.Server.ServiceToken);
            reply.Status.Should().Be(3, method);
        }
    }

    [Fact]
    public async Task LoneSurrogateAndBrokenUtf8_AreRefused()
    {
        Reply surrogate = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/user_sessions",
            stage.Server.ServiceToken,
            """{"identifier":"user\ud800"}"""
        );
        Reply query = await stage.Server.SendAsync(
            HttpMethod.Get,
            "/api/v1/tools/scoped?identifier=user%ff",
            stage.Server.ServiceToken
        );
        GrpcReply grpc = await GrpcCall.SendAsync(
            stage.Server,
            Tools + "ExecuteTool",
            (byte[])[0x0a, 1, (byte)'x', 0x12, 2, (byte)'u', 0xff],
            stage.Server.ServiceToken
        );

        surrogate.Status.Should().Be(400);
        query.Status.Should().Be(400, query.Body);
        grpc.Status.Should().Be(3);
        grpc.Error.ErrorCode.Should().Be("bad_request");
    }

    [Fact]
    public async Task NamesThatLookAlike_AreOtherUsers()
    {
        string[] names =
        [
            "user_123",
            "User_123",
            "USER_123",
            "us\u0435r_123", // Cyrillic
            "user_123:x",
            "user/123",
            "user|123",
            "user%123",
            "user..123",
            "..",
            "o'user",
            "user%2f123",
            "user_1%",
            "*",
            "stra\u00dfe",
            "strasse",
            "\uff55ser_123", // full width
        ];
        Dictionary<string, string> ids = new(StringComparer.Ordinal);
        foreach (string name in names)
        {
            ids[name] = await PendingAsync(name);
        }

        ids.Values.Should().OnlyHaveUniqueItems();
        foreach (string name in names)
        {
            JsonElement account = await stage.AccountAsync(name);
            account.GetProperty("id").GetString().Should().Be(ids[name]);
            account.GetProperty("identifier").GetString().Should().Be(name);
            Reply listed = await stage.Server.SendAsync(
                HttpMethod.Get,
                $"/api/v1/connected_accounts?identifier={Uri.EscapeDataString(name)}",
                stage.Server.ServiceToken
            );
            listed.Json.GetProperty("connected_accounts").GetArrayLength().Should().Be(1, name);
        }
    }

    [Theory]
    [InlineData("wild_")]
    [InlineData("wild%")]
    [InlineData("wild*")]
    [InlineData("WILD")]
    public async Task Wildcards_AreLiteral(string query)
    {
        await PendingAsync($"wildcat-{(int)query[^1]}");

        Reply listed = await stage.Server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/connected_accounts?query={Uri.EscapeDataString(query)}",
            stage.Server.ServiceToken
        );

        listed.Status.Should().Be(200, listed.Body);
        listed.Json.GetProperty("connected_accounts").GetArrayLength().Should().Be(0);
    }

    [Fact]
    public async Task Cursor_IsOfItsEnvironmentCallerAndUser()
    {
        foreach (string connection in new[] { "cursor-a", "cursor-b" })
        {
            await stage.AddConnectionAsync(connection, $"{connection}-client", $"{connection}-secret");
            await PendingAsync("alice-cursor", connection);
            await PendingAsync("bob-cursor", connection);
        }

        string alice = (await stage.Server.SessionAsync("alice-cursor")).GetProperty("token").GetString()!;
        string bob = (await stage.Server.SessionAsync("bob-cursor")).GetProperty("token").GetString()!;
        const string Path = "/api/v1/connected_accounts?page_size=1";
        Reply first = await stage.Server.SendAsync(HttpMethod.Get, Path, alice);
        string cursor = first.Json.GetProperty("next_page_token").GetString()!;
        cursor.Should().NotBeEmpty();

        string next = $"{Path}&page_token={cursor}";
        (await stage.Server.SendAsync(HttpMethod.Get, next, alice)).Status.Should().Be(200);
        (await stage.Server.SendAsync(HttpMethod.Get, next, bob)).Status.Should().Be(400);
        (await stage.Server.SendAsync(HttpMethod.Get, next, stage.Server.ServiceToken)).Status.Should().Be(400);
        (await stage.Server.SendAsync(HttpMethod.Get, next, stage.Server.ForeignToken)).Status.Should().Be(400);
    }

    [Fact]
    public async Task RecreatedUser_InheritsNothing()
    {
        string old = await stage.ConnectAsync("alice-again");
        string session = (await stage.Server.SessionAsync("alice-again")).GetProperty("token").GetString()!;
        Reply removed = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/users:revoke",
            stage.Server.ServiceToken,
            """{"identifier":"alice-again"}"""
        );
        removed.Status.Should().Be(200, removed.Body);
        await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts:delete",
            stage.Server.ServiceToken,
            """{"connector":"tracker","identifier":"alice-again"}"""
        );

        string fresh = await PendingAsync("alice-again");

        fresh.Should().NotBe(old);
        (await stage.AccountAsync("alice-again")).GetProperty("status").GetString().Should().Be("PENDING_AUTH");
        Reply call = await stage.ExecuteAsync("alice-again", "tracker_get_thing", new { thing = "1" });
        call.Status.Should().NotBe(200);
        (await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/tools/scoped", session)).Status.Should().Be(401);
    }

    private async Task<string> PendingAsync(string identifier, string connection = Stage.Connection)
    {
        Reply created = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts",
            stage.Server.ServiceToken,
            $$"""{"connector":"{{connection}}","identifier":{{JsonSerializer.Serialize(identifier)}},"connected_account":{"authorization_details":{"oauth_token":{} } } }"""
        );
        created.Status.Should().Be(200, created.Body);
        return created.Json.GetProperty("connected_account").GetProperty("id").GetString()!;
    }
}
