using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.Tools;

namespace Behalf.Server.Tests;

public sealed class UserSessionTests(TestServer server)
{
    private const string Execute = "/scalekit.v1.tools.ToolService/ExecuteTool";

    [Fact]
    public async Task Session_CannotNameAnotherUser_AndTheDenialIsRecorded()
    {
        JsonElement session = await server.SessionAsync("alice-denied");
        string token = session.GetProperty("token").GetString()!;

        Reply list = await server.SendAsync(HttpMethod.Get, "/api/v1/tools/scoped?identifier=bob", token);
        GrpcReply byIdentifier = await GrpcCall.SendAsync(
            server,
            Execute,
            new ExecuteToolRequest { ToolName = "any", Identifier = "bob" },
            token
        );
        GrpcReply byUserId = await GrpcCall.SendAsync(
            server,
            Execute,
            new ExecuteToolRequest { ToolName = "any", UserId = "bob" },
            token
        );

        list.Status.Should().Be(403);
        list.ErrorCode.Should().Be("identifier_mismatch");
        byIdentifier.Status.Should().Be(7);
        byUserId.Status.Should().Be(7);
        Reply trail = await server.SendAsync(
            HttpMethod.Get,
            "/api/v1/behalf/audit?identifier=alice-denied&kind=denial",
            server.ServiceToken
        );
        trail.Json.GetProperty("records").GetArrayLength().Should().Be(3);
        trail.Json.GetProperty("records")[0].GetProperty("detail").GetString().Should().Contain("bob");
    }

    [Fact]
    public async Task Session_CanNameItsOwnUser()
    {
        string token = (await server.SessionAsync("alice")).GetProperty("token").GetString()!;

        Reply reply = await server.SendAsync(HttpMethod.Get, "/api/v1/tools/scoped?identifier=alice", token);

        reply.Status.Should().Be(200);
    }

    [Fact]
    public async Task SessionsClientPair_GivesATokenOfTheSameUser()
    {
        JsonElement session = await server.SessionAsync("alice");
        string token = await server.TokenAsync(
            session.GetProperty("client_id").GetString()!,
            session.GetProperty("client_secret").GetString()!
        );

        (await server.SendAsync(HttpMethod.Get, "/api/v1/tools/scoped?identifier=alice", token))
            .Status.Should()
            .Be(200);
        (await server.SendAsync(HttpMethod.Get, "/api/v1/tools/scoped?identifier=bob", token)).Status.Should().Be(403);
    }

    [Fact]
    public async Task Session_CannotReachAnotherUsersAccount_WhichAnswersLikeAnUnknownOne()
    {
        string id = await AccountAsync("bob-owner");
        string token = (await server.SessionAsync("alice")).GetProperty("token").GetString()!;

        Reply foreign = await server.SendAsync(HttpMethod.Get, $"/api/v1/connected_accounts/{id}", token);
        Reply unknown = await server.SendAsync(
            HttpMethod.Get,
            "/api/v1/connected_accounts/ca_01m84njn2wf9k9rgwdw6p1gyw9",
            token
        );
        Reply own = await server.SendAsync(HttpMethod.Get, $"/api/v1/connected_accounts/{id}", server.ServiceToken);
        Reply elsewhere = await server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/connected_accounts/{id}",
            server.ForeignToken
        );

        foreign.Status.Should().Be(404);
        foreign.Body.Should().Be(unknown.Body);
        elsewhere.Body.Should().Be(unknown.Body);
        own.Status.Should().Be(200);
    }

    [Fact]
    public async Task Session_Ends_WhenTheUserIsSignedOut()
    {
        string token = (await server.SessionAsync("erin")).GetProperty("token").GetString()!;
        (await server.SendAsync(HttpMethod.Get, "/api/v1/tools/scoped?identifier=erin", token)).Status.Should().Be(200);

        Reply signOut = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/users:sign_out",
            server.ServiceToken,
            """{"identifier":"erin"}"""
        );

        signOut.Status.Should().Be(200, signOut.Body);
        (await server.SendAsync(HttpMethod.Get, "/api/v1/tools/scoped?identifier=erin", token)).Status.Should().Be(401);
    }

    [Theory]
    [InlineData("\"0.5s\"")]
    [InlineData("\"901s\"")]
    [InlineData("\"-1s\"")]
    public async Task Session_IsRefused_WhenItWouldLiveTooLongOrNotAtAll(string lifetime)
    {
        Reply reply = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/user_sessions",
            server.ServiceToken,
            $$"""{"identifier":"alice","ttl":{{lifetime}}}"""
        );

        reply.Status.Should().Be(400);
    }

    [Fact]
    public async Task PageToken_IsRefused_WhenItWasMadeForAnotherFilter()
    {
        await AccountAsync("page-1");
        await AccountAsync("page-2");
        Reply first = await server.SendAsync(
            HttpMethod.Get,
            "/api/v1/connected_accounts?page_size=1&query=page-",
            server.ServiceToken
        );
        string token = first.Json.GetProperty("next_page_token").GetString()!;

        Reply next = await server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/connected_accounts?page_size=1&query=page-&page_token={token}",
            server.ServiceToken
        );
        Reply moved = await server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/connected_accounts?page_size=1&query=other&page_token={token}",
            server.ServiceToken
        );

        token.Should().HaveLength(32);
        Identifiers(first).Concat(Identifiers(next)).Should().BeEquivalentTo(["page-1", "page-2"]);
        moved.Status.Should().Be(400);
    }

    private static IEnumerable<string?> Identifiers(Reply page) =>
        page
            .Json.GetProperty("connected_accounts")
            .EnumerateArray()
            .Select(account => account.GetProperty("identifier").GetString());

    private async Task<string> AccountAsync(string identifier)
    {
        string connection = await TestConnection.EnsureAsync(server);
        Reply created = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts",
            server.ServiceToken,
            $$"""{"connector":"{{connection}}","identifier":"{{identifier}}","connected_account":{"authorization_details":{"oauth_token":{} } } }"""
        );
        created.Status.Should().Be(200, created.Body);
        return created.Json.GetProperty("connected_account").GetProperty("id").GetString()!;
    }
}
