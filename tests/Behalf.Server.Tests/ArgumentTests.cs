using System.Net.Http.Headers;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestAuthorizationServer;
using Behalf.Wire.Tools;
using Google.Protobuf;

namespace Behalf.Server.Tests;

/// <summary>Arguments are data: what arrives at the provider has the shape the connector gave it, whatever the values.</summary>
public sealed class ArgumentTests(Stage stage) : IClassFixture<Stage>, IAsyncLifetime
{
    private const string User = "alice-arguments";

    public async ValueTask InitializeAsync()
    {
        if (!_isConnected)
        {
            await stage.ConnectAsync(User);
            _isConnected = true;
        }
    }

    private static bool _isConnected;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("../users/me")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("%2e%2e")]
    [InlineData("%2E%2e%2fusers")]
    [InlineData("..\\x")]
    [InlineData("")]
    [InlineData("a?b=c")]
    [InlineData("a#b")]
    [InlineData("a;b=c")]
    [InlineData("a&b")]
    [InlineData("//evil.example")]
    [InlineData("@evil.example")]
    [InlineData("a\r\nX-Forged: 1")]
    [InlineData("a\0b")]
    [InlineData("\uff0e\uff0e")]
    [InlineData("https://evil.example/")]
    public async Task PathSlot_NeverChangesTheTemplatesShape(string value)
    {
        Reply reply = await stage.ExecuteAsync(User, "tracker_get_thing", new { thing = value });

        foreach (ReceivedRequest request in Api())
        {
            request.Path.Split('?')[0].Split('/').Should().HaveCount(5, request.Path);
            request.Path.Should().StartWith("/api/things/").And.NotContain("..");
        }

        reply.Status.Should().BeOneOf(200, 400);
        if (value.Contains('/') || value.Contains('\\') || value.Length < 3 || value.Any(char.IsControl))
        {
            // What cannot be one segment is refused, or arrives as one encoded segment.
            string? last = Api().LastOrDefault()?.Path;
            if (reply.Status == 200)
            {
                last.Should().Contain("%", "it was encoded");
            }
        }
    }

    [Theory]
    [InlineData("a&amount=5")]
    [InlineData("a#b")]
    [InlineData("a=b;c=d")]
    [InlineData("a\r\nb")]
    [InlineData("%26x=1")]
    public async Task QueryValue_StaysOneValue(string value)
    {
        Reply reply = await stage.ExecuteAsync(User, "tracker_get_thing", new { thing = "q", filter = value });

        reply.Status.Should().Be(200, reply.Body);
        string path = Api().Last(r => r.Path.StartsWith("/api/things/q/", StringComparison.Ordinal)).Path;
        System.Collections.Specialized.NameValueCollection query = System.Web.HttpUtility.ParseQueryString(
            new Uri($"http://x{path}").Query
        );
        query.AllKeys.Should().Equal("q");
        query["q"].Should().Be(value);
    }

    [Theory]
    [InlineData("a\r\nX-Forged: 1")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    public async Task HeaderValue_NeverBreaksALine(string value)
    {
        int before = stage.CountApiRequests();

        Reply reply = await stage.ExecuteAsync(User, "tracker_get_thing", new { thing = "h", note = value });

        reply.Status.Should().Be(400, reply.Body);
        stage.CountApiRequests().Should().Be(before);
    }

    [Theory]
    [InlineData("identifier")]
    [InlineData("user_id")]
    [InlineData("account_id")]
    [InlineData("connected_account_id")]
    [InlineData("base_url")]
    [InlineData("headers")]
    [InlineData("access_token")]
    [InlineData("host")]
    [InlineData("connection")]
    [InlineData("__proto__")]
    public async Task IdentityAmongArguments_IsRefused_AlsoWhenItIsTheCallers(string property)
    {
        int before = stage.CountApiRequests();
        string body =
            $$"""{"tool_name":"tracker_get_thing","identifier":"{{User}}","params":{"thing":"1","{{property}}":"{{User}}"} }""";
        string token = (await stage.Server.SessionAsync(User)).GetProperty("token").GetString()!;

        Reply service = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/execute_tool",
            stage.Server.ServiceToken,
            body
        );
        Reply session = await stage.Server.SendAsync(HttpMethod.Post, "/api/v1/execute_tool", token, body);
        GrpcReply grpc = await GrpcCall.SendAsync(
            stage.Server,
            "/scalekit.v1.tools.ToolService/ExecuteTool",
            JsonParser.Default.Parse<ExecuteToolRequest>(body),
            stage.Server.ServiceToken
        );

        service.Status.Should().Be(400, service.Body);
        service.Body.Should().Contain("is not a known property");
        session.Status.Should().Be(400);
        grpc.Status.Should().Be(3);
        stage.CountApiRequests().Should().Be(before);
    }

    [Theory]
    [InlineData("9007199254740991", true)]
    [InlineData("0.1", true)]
    [InlineData("9007199254740993", false)]
    [InlineData("1e400", false)]
    [InlineData("0.12345678901234567890123", false)]
    public async Task Number_KeepsItsExactValue_OrIsRefused(string number, bool isTaken)
    {
        Reply reply = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/execute_tool",
            stage.Server.ServiceToken,
            $$"""{"tool_name":"tracker_get_thing","identifier":"{{User}}","params":{"thing":"n{{number}}","amount":{{number}} } }"""
        );

        reply.Status.Should().Be(isTaken ? 200 : 400, reply.Body);
        IEnumerable<string> sent = Api().Select(r => r.Path).Where(path => path.Contains($"/n{number}/"));
        sent.Should().HaveCount(isTaken ? 1 : 0).And.OnlyContain(path => path.EndsWith($"amount={number}"));
    }

    [Theory]
    [InlineData("tracker_get_thing ", 404)]
    [InlineData("Tracker_get_thing", 404)]
    [InlineData("tracker_get_th\u0456ng", 404)]
    [InlineData("tracker_get_thing\u200b", 404)]
    [InlineData("tracker_get_thing\0", 404)]
    [InlineData("tracker_*", 404)]
    [InlineData("tracker_list_goals", 403)]
    public async Task ToolThatIsNotOffered_IsNotCalled(string tool, int status)
    {
        int before = stage.CountApiRequests();

        Reply reply = await stage.ExecuteAsync(User, tool, new { thing = "1" });

        reply.Status.Should().BeOneOf([status, 400], reply.Body);
        stage.CountApiRequests().Should().Be(before);
    }

    [Theory]
    [InlineData(500, 2)]
    [InlineData(401, 9)]
    [InlineData(403, 7)]
    public async Task ProvidersFailure_KeepsItsDetailsOverGrpc(int status, int code)
    {
        string user = $"{User}-{status}";
        await stage.ConnectAsync(user);
        stage.Provider.AnswerNextApiRequest(OddReply.Json(status, """{"error":"no"}"""));
        stage.Provider.AnswerNextApiRequest(OddReply.Json(status, """{"error":"no"}"""));

        GrpcReply reply = await GrpcCall.SendAsync(
            stage.Server,
            "/scalekit.v1.tools.ToolService/ExecuteTool",
            JsonParser.Default.Parse<ExecuteToolRequest>(
                $$"""{"tool_name":"tracker_create_thing","identifier":"{{user}}","params":{"name":"x"} }"""
            ),
            stage.Server.ServiceToken
        );
        // Until no odd reply is left; never the same read, which would join the one that failed.
        for (
            int n = 0;
            await stage.ExecuteAsync(User, "tracker_get_thing", new { thing = $"rest{n}" }) is { Status: not 200 };
            n++
        )
        {
            n.Should().BeLessThan(10);
        }

        reply.Status.Should().Be(code, reply.Error.ToString());
        reply.Error.ErrorCode.Should().Be("TOOL_ERROR");
        reply.Error.ToolErrorInfo.ExecutionId.Should().StartWith("exe_");
    }

    [Theory]
    [InlineData("Scalekit-Node/2.11.0", 401)]
    [InlineData("Scalekit-Node/2.10.9", 400)]
    [InlineData("Scalekit-Python/2.14.0", 401)]
    [InlineData("Scalekit-Python/2.10.0", 400)] // fetches a token and calls again, without end
    [InlineData("Scalekit-Node/next", 400)]
    [InlineData("", 400)]
    public async Task ProvidersUnauthorized_IsUnauthenticated_OnlyToSdksThatTellItFromTheirOwn(string sdk, int status)
    {
        string user = $"{User}-{sdk.Replace('/', '-')}";
        await stage.ConnectAsync(user);
        stage.Provider.AnswerNextApiRequest(OddReply.Json(401, "{}")); // a credential this new is not renewed
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri("/api/v1/execute_tool", UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", stage.Server.ServiceToken);
        request.Headers.Add("x-sdk-version", sdk);
        request.Content = new StringContent(
            $$"""{"tool_name":"tracker_get_thing","identifier":"{{user}}","params":{"thing":"1"} }""",
            new MediaTypeHeaderValue("application/json")
        );

        Reply reply = await stage.Server.SendAsync(request);

        reply.Status.Should().Be(status, reply.Body);
        reply.ErrorCode.Should().Be("TOOL_ERROR");
        reply.Headers.Keys.Should().NotContain("WWW-Authenticate");
    }

    [Theory]
    [InlineData("0A0578")] // cut
    [InlineData("0AFFFFFFFFFF")] // a length of gigabytes
    [InlineData("FFFFFFFF")]
    public async Task UnreadableMessage_IsTheCallersMistake(string hex)
    {
        GrpcReply reply = await GrpcCall.SendAsync(
            stage.Server,
            "/scalekit.v1.tools.ToolService/ExecuteTool",
            Convert.FromHexString(hex),
            stage.Server.ServiceToken
        );

        reply.Status.Should().Be(3);
        reply.Error.ErrorCode.Should().Be("bad_request");
    }

    private IEnumerable<ReceivedRequest> Api() =>
        stage.Provider.Received.Where(request => request.Endpoint == "api" && request.Path.Contains("/things/"));
}
