using System.Net.Http.Headers;
using System.Text;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.ConnectedAccounts;
using Behalf.Wire.Tools;

namespace Behalf.Server.Tests;

public sealed class RequestRuleTests(TestServer server)
{
    private const string ExecutePath = "/api/v1/execute_tool";

    public static TheoryData<string> BadIdentifiers =>
        [" edge", "edge ", "nul\0", "line\nbreak", "zero\u200bwidth", "bidi\u202e", new string('x', 257)];

    [Theory]
    [MemberData(nameof(BadIdentifiers))]
    public async Task Identifier_IsRefused_WhenItIsNotPlain(string identifier)
    {
        GrpcReply reply = await GrpcCall.SendAsync(
            server,
            "/scalekit.v1.tools.ToolService/ListScopedTools",
            new ListScopedToolsRequest { Identifier = identifier, Filter = new ScopedToolFilter() },
            server.ServiceToken
        );

        reply.Status.Should().Be(3);
        reply.Error.ValidationErrorInfo.FieldViolations.Should().ContainSingle(v => v.Field == "identifier");
    }

    [Fact]
    public async Task Identifier_IsMissed_WhereTheContractGivesItALength()
    {
        Reply reply = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts/user/verify",
            server.ServiceToken,
            """{"auth_request_id":"a"}"""
        );

        reply.Status.Should().Be(400, reply.Body);
        reply.Body.Should().Contain("identifier is required");
    }

    [Theory]
    [InlineData(256)]
    [InlineData(1)]
    public async Task Identifier_IsAccepted_UpToItsLengthInCodePoints(int length)
    {
        string identifier = new StringBuilder().Insert(0, "\U0001F600", length).ToString();

        GrpcReply reply = await GrpcCall.SendAsync(
            server,
            "/scalekit.v1.tools.ToolService/ListScopedTools",
            new ListScopedToolsRequest { Identifier = identifier }, // one SDK leaves the filter out
            server.ServiceToken
        );

        reply.Status.Should().Be(0);
    }

    [Fact]
    public async Task Request_NamesEveryFieldThatBreaksARule()
    {
        GrpcReply reply = await GrpcCall.SendAsync(
            server,
            "/scalekit.v1.connected_accounts.ConnectedAccountService/ListConnectedAccounts",
            new ListConnectedAccountsRequest
            {
                PageSize = 100,
                Connector = "semi;colon",
                Query = new string('q', 101),
            },
            server.ServiceToken
        );

        reply
            .Error.ValidationErrorInfo.FieldViolations.Select(v => (v.Field, v.Constraint))
            .Should()
            .BeEquivalentTo([("connector", "pattern"), ("page_size", "lt"), ("query", "max_len")]);
    }

    [Theory]
    [InlineData("""{"tool_name":"x","tool_name":"y","identifier":"alice"}""", "duplicate")]
    [InlineData("""{"tool_name":"x","toolName":"y","identifier":"alice"}""", "duplicate")]
    [InlineData("""{"tool_name":"x","identifier":"alice","params":{"a":1,"a":2}}""", "duplicate")]
    [InlineData("""{"tool_name":"x","identifier":"alice","base_url":"http://evil"}""", "unknown")]
    [InlineData("""{"tool_name":"x","identifier":"alice","params":{"n":9007199254740993}}""", "number")]
    [InlineData("""{"tool_name":"x","identifier":"alice","params":{"n":1e400}}""", "number")]
    [InlineData("""{"tool_name":"x","identifier":"alice"} {}""", "json")]
    [InlineData("""{"tool_name":"x","identifier":"\ud800"}""", "json")]
    [InlineData("""{"tool_name":"x",}""", "json")]
    [InlineData("""{"tool_name":{}}""", "type")]
    [InlineData("""[]""", "type")]
    [InlineData("""null""", "type")]
    public async Task Json_IsRefused_WhenItCanBeReadInTwoWays(string body, string constraint)
    {
        Reply reply = await server.SendAsync(HttpMethod.Post, ExecutePath, server.ServiceToken, body);

        reply.Status.Should().Be(400);
        reply
            .Json.GetProperty("details")[0]
            .GetProperty("validation_error_info")
            .GetProperty("field_violations")[0]
            .GetProperty("constraint")
            .GetString()
            .Should()
            .Be(constraint);
    }

    [Fact]
    public async Task Json_IsRefused_WhenItIsTooDeepOrTooLarge()
    {
        string deep = string.Concat(Enumerable.Repeat("""{"a":""", 70)) + "1" + new string('}', 70);
        string body = $$"""{"tool_name":"x","identifier":"alice","params":{{deep}}}""";

        Reply tooDeep = await server.SendAsync(HttpMethod.Post, ExecutePath, server.ServiceToken, body);
        using HttpRequestMessage large = new(HttpMethod.Post, new Uri(ExecutePath, UriKind.Relative));
        large.Headers.Authorization = new AuthenticationHeaderValue("Bearer", server.ServiceToken);
        large.Headers.ExpectContinue = true; // the answer comes before the body is sent
        large.Content = new StringContent(
            $$"""{"tool_name":"{{new string('x', 1024 * 1024)}}"}""",
            new MediaTypeHeaderValue("application/json")
        );
        Reply tooLarge = await server.SendAsync(large);

        tooDeep.Status.Should().Be(400);
        tooLarge.Status.Should().Be(400);
    }

    [Theory]
    [InlineData("page_size=1&page_size=2")]
    [InlineData("page_size=1&pageSize=2")]
    [InlineData("nothing=1")]
    public async Task Query_IsRefused_WhenItIsAmbiguous(string query)
    {
        Reply reply = await server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/connected_accounts?{query}",
            server.ServiceToken
        );

        reply.Status.Should().Be(400);
    }

    [Fact]
    public async Task JsonAnswer_CarriesTheContractsNames()
    {
        Reply reply = await server.SendAsync(HttpMethod.Get, "/api/v1/tools", server.ServiceToken);

        reply.Json.EnumerateObject().Select(member => member.Name).Should().Contain(["total_size", "next_page_token"]);
    }
}
