using System.Text.Json;
using Behalf.Server.Doors;
using Behalf.Server.Tests.Infrastructure;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Server.Tests;

/// <summary>How far a credential reaches: its own user, its own environment, and nothing tells what lies beyond.</summary>
public sealed class ReachTests(Stage stage) : IClassFixture<Stage>
{
    private static readonly string[] ActingFields = ["identifier", "user_id"];

    [Fact]
    public async Task NamingAnotherUser_Is403_InEveryMethodAndField()
    {
        await stage.ConnectAsync("bob-named");
        string token = (await stage.Server.SessionAsync("alice-naming")).GetProperty("token").GetString()!;
        int before = stage.CountApiRequests();
        List<string> tried = [];
        foreach (RouteEndpoint endpoint in UserEndpoints())
        {
            GrpcMethodMetadata grpc = endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()!;
            MessageDescriptor request = DescriptorOf(grpc);
            foreach (FieldDescriptor field in request.Fields.InDeclarationOrder())
            {
                string? asked =
                    ActingFields.Contains(field.Name) ? $$"""{"{{field.Name}}":"bob-named"}"""
                    : field.Name == "filter"
                    && field.MessageType.Fields.InDeclarationOrder().Any(f => f.Name == "identifier")
                        ? """{"filter":{"identifier":"bob-named"}}"""
                    : null;
                if (asked is null)
                {
                    continue;
                }

                IMessage message = Fill(request, JsonParser.Default.Parse(asked, request));
                GrpcReply reply = await GrpcCall.SendAsync(stage.Server, grpc.Method.FullName, message, token);
                string what = $"{grpc.Method.Name} {asked}";
                if (reply.Status == 12)
                {
                    continue; // not offered to anybody
                }

                tried.Add(what);
                reply.Status.Should().Be(7, $"{what} {(reply.Status == 0 ? "was done" : reply.Error.ToString())}");
                reply.Error.ErrorCode.Should().Be("identifier_mismatch", what);
            }
        }

        tried.Count.Should().BeGreaterThan(10);
        stage.CountApiRequests().Should().Be(before);
        JsonElement[] denials = await stage.AuditAsync("kind=denial&identifier=alice-naming&page_size=1000");
        denials.Should().HaveCount(tried.Count);
        denials.Should().OnlyContain(r => r.GetProperty("detail").GetString()!.Contains("bob-named"));
    }

    [Fact]
    public async Task NameInAHeader_DecidesNothing()
    {
        await stage.ConnectAsync("bob-header");
        string token = (await stage.Server.SessionAsync("alice-header")).GetProperty("token").GetString()!;
        int before = stage.CountApiRequests();
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri("/api/v1/execute_tool", UriKind.Relative));
        request.Headers.Authorization = new("Bearer", token);
        foreach (string name in new[] { "identifier", "user_id", "x-user-id", "behalf-identifier", "x-forwarded-user" })
        {
            request.Headers.Add(name, "bob-header");
        }

        request.Content = new StringContent(
            """{"tool_name":"tracker_get_thing","params":{"thing":"1"}}""",
            new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")
        );

        Reply reply = await stage.Server.SendAsync(request);

        reply.Status.Should().BeOneOf([400, 403, 404], reply.Body);
        stage.CountApiRequests().Should().Be(before);
    }

    [Fact]
    public async Task ForeignIds_AnswerLikeRandomOnes()
    {
        string account = await stage.ConnectAsync("alice-reach");
        JsonElement connection = (
            await stage.Server.SendAsync(
                HttpMethod.Get,
                $"/api/v1/behalf/connections/{Stage.Connection}",
                stage.Server.ServiceToken
            )
        ).Json;
        string connectionId = connection.GetProperty("id").GetString()!;
        Person alice = stage.NewPerson("alice-reach");
        string request = await alice.ConnectAsync(await stage.LinkAsync("alice-reach"), "alice");
        string client = stage.Server.ServiceClient.Id;
        const string NoAccount = "ca_01m84njn2wf9k9rgwdw6p1gyw9";
        const string NoConnection = "conn_01m84njn2wf9k9rgwdw6p1gyw9";
        (string Method, string Path, string? Body, string Id, string Random)[] probes =
        [
            ("GET", "/api/v1/connected_accounts/«»", null, account, NoAccount),
            ("GET", "/api/v1/connected_accounts/details?id=«»", null, account, NoAccount),
            ("GET", "/api/v1/connected_accounts/auth?id=«»", null, account, NoAccount),
            ("POST", "/api/v1/connected_accounts/«»:disconnect", "{}", account, NoAccount),
            ("POST", "/api/v1/connected_accounts:delete", """{"id":"«»"}""", account, NoAccount),
            ("POST", "/api/v1/connected_accounts/magic_link", """{"id":"«»"}""", account, NoAccount),
            (
                "POST",
                "/api/v1/execute_tool",
                """{"tool_name":"tracker_get_thing","connected_account_id":"«»","params":{"thing":"1"}}""",
                account,
                NoAccount
            ),
            (
                "POST",
                "/api/v1/execute_tool",
                """{"tool_name":"tracker_get_thing","identifier":"alice-reach","connector":"«»","params":{"thing":"1"}}""",
                Stage.Connection,
                "nothing"
            ),
            (
                "POST",
                "/api/v1/connected_accounts/magic_link",
                """{"identifier":"alice-reach","connector":"«»"}""",
                Stage.Connection,
                "nothing"
            ),
            (
                "GET",
                "/api/v1/connected_accounts/details?identifier=alice-reach&connector=«»",
                null,
                Stage.Connection,
                "nothing"
            ),
            ("GET", "/api/v1/connected_accounts?connector=«»", null, Stage.Connection, "nothing"),
            ("GET", "/api/v1/connected_accounts:search?query=alice&connection_id=«»", null, connectionId, NoConnection),
            ("GET", "/api/v1/connections/«»", null, connectionId, NoConnection),
            ("DELETE", "/api/v1/connections/«»", null, connectionId, NoConnection),
            ("GET", "/api/v1/behalf/connections/«»", null, Stage.Connection, "nothing"),
            ("DELETE", "/api/v1/behalf/connections/«»", null, Stage.Connection, "nothing"),
            (
                "POST",
                "/api/v1/connected_accounts/user/verify",
                """{"auth_request_id":"«»","identifier":"alice-reach"}""",
                request,
                new string('x', request.Length)
            ),
            ("GET", "/api/v1/tools/scoped?identifier=«»", null, "alice-reach", "nobody-there"),
            ("POST", "/api/v1/behalf/clients/«»:rotate", "{}", client, client[..^4] + "zzzz"),
            ("DELETE", "/api/v1/behalf/clients/«»", null, client, client[..^4] + "zzzz"),
        ];
        foreach ((string method, string path, string? body, string id, string random) in probes)
        {
            async Task<Reply> AskAsync(string value) =>
                await stage.Server.SendAsync(
                    new HttpMethod(method),
                    path.Replace("«»", value, StringComparison.Ordinal),
                    stage.Server.ForeignToken,
                    body?.Replace("«»", value, StringComparison.Ordinal)
                );

            Reply foreign = await AskAsync(id);
            Reply unknown = await AskAsync(random);

            foreign.Status.Should().Be(unknown.Status, $"{method} {path} {foreign.Body} {unknown.Body}");
            Same(foreign.Body, id).Should().Be(Same(unknown.Body, random), $"{method} {path}");
            foreign.Status.Should().BeOneOf([200, 400, 401, 403, 404], path);
            (foreign.Headers.Keys.Except(["Date"])).Should().BeEquivalentTo(unknown.Headers.Keys.Except(["Date"]));
        }

        (await stage.AccountAsync("alice-reach")).GetProperty("status").GetString().Should().Be("ACTIVE");
        (await stage.VerifyAsync(request, "alice-reach")).Status.Should().Be(200);
    }

    [Fact]
    public async Task UnauthenticatedPages_RevealNoNamesAndNoEnvironments()
    {
        await stage.ConnectAsync("alice-secretive");
        (string Method, string Path)[] open =
        [
            ("GET", "/"),
            ("GET", "/health/live"),
            ("GET", "/health/ready"),
            ("GET", "/keys"),
            ("GET", "/connect/success"),
            ("GET", "/connect/style.css"),
            ("GET", "/magicLink/nothing"),
            ("POST", "/magicLink/nothing"),
            ("GET", "/sso/v1/oauth/conn_01m84njn2wf9k9rgwdw6p1gyw9/callback?state=x&code=y"),
            ("GET", new Uri(stage.RedirectUri).AbsolutePath),
            ("GET", new Uri(stage.RedirectUri).AbsolutePath + "?state=x&code=y"),
            ("POST", "/oauth/token"),
            ("GET", "/api/v1/connected_accounts"),
            ("GET", "/nothing/here"),
        ];
        foreach ((string method, string path) in open)
        {
            Reply reply = await stage.Server.SendAsync(new HttpMethod(method), path, token: null);
            string all = reply.Body + string.Join('\n', reply.Headers.Select(h => $"{h.Key}: {h.Value}"));
            foreach (string name in new[] { "alice", "Tracker", "tracker", "Other", "Acme", "env_", "Kestrel" })
            {
                all.Should().NotContain(name, $"{method} {path}");
            }
        }

        // A callback of a connection that exists answers like one of a connection that does not.
        Reply known = await stage.Server.SendAsync(
            HttpMethod.Get,
            new Uri(stage.RedirectUri).AbsolutePath + "?state=x&code=y",
            null
        );
        Reply unknown = await stage.Server.SendAsync(
            HttpMethod.Get,
            "/sso/v1/oauth/conn_01m84njn2wf9k9rgwdw6p1gyw9/callback?state=x&code=y",
            null
        );
        known.Status.Should().Be(unknown.Status);
        known.Body.Should().Be(unknown.Body);
    }

    [Fact]
    public async Task Trace_HoldsNoSecret_ThroughEveryErrorPath()
    {
        const string Mine = "secret-argument-nobody-logs";
        await stage.ConnectAsync("alice-leaks");
        foreach (int status in new[] { 400, 401, 403, 404, 429, 500 })
        {
            stage.Provider.AnswerNextApiRequest(
                Behalf.TestAuthorizationServer.OddReply.Json(status, $$"""{"error":"{{stage.Provider.Issued[^1]}}"}""")
            );
            Reply reply = await stage.ExecuteAsync("alice-leaks", "tracker_create_thing", new { name = Mine });
            reply.Status.Should().NotBe(200);
            foreach (string secret in stage.Provider.Issued)
            {
                reply.Body.Should().NotContain(secret);
            }
        }

        await stage.Server.SendAsync(HttpMethod.Post, "/api/v1/execute_tool", stage.Server.ServiceToken, Mine);
        await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/connected_accounts", Mine);
        await stage.Server.SendAsync(HttpMethod.Get, "/magicLink/" + Mine, null);
        await stage.Server.RequestTokenAsync(stage.Server.ServiceClient.Id, Mine);
        await stage.Server.SendAsync(
            HttpMethod.Get,
            $"{new Uri(stage.RedirectUri).AbsolutePath}?code={Mine}&state={Mine}",
            null
        );

        stage.LogLines.Should().NotBeEmpty();
        stage.LogLines.Where(line => line.Contains(Mine, StringComparison.Ordinal)).Should().BeEmpty();
        stage.LeakedLines().Should().BeEmpty();
        JsonElement[] records = await stage.AuditAsync("page_size=1000");
        string audit = string.Concat(records.Select(record => record.GetRawText()));
        audit.Should().NotContain(Mine);
        foreach (string secret in stage.Provider.Issued)
        {
            audit.Should().NotContain(secret);
        }
    }

    private static string Same(string body, string id) => body.Replace(id, "«»", StringComparison.Ordinal);

    /// <summary>Enough of the other required fields that the request's own rules hold.</summary>
    private static IMessage Fill(MessageDescriptor descriptor, IMessage message)
    {
        foreach (FieldDescriptor field in descriptor.Fields.InDeclarationOrder())
        {
            switch (field.Name)
            {
                case "connector":
                    field.Accessor.SetValue(message, Stage.Connection);
                    break;
                case "tool_name" when field.FieldType == FieldType.String:
                    field.Accessor.SetValue(message, "tracker_get_thing");
                    break;
                case "connection_name":
                    field.Accessor.SetValue(message, Stage.Connection);
                    break;
                case "connected_account":
                case "filter" when field.Accessor.GetValue(message) is null:
                    field.Accessor.SetValue(message, JsonParser.Default.Parse("{}", field.MessageType));
                    break;
                default:
                    break;
            }
        }

        return message;
    }

    private static MessageDescriptor DescriptorOf(GrpcMethodMetadata grpc) =>
        (MessageDescriptor)
            grpc
                .Method.GetType()
                .GetGenericArguments()[0]
                .GetProperty(
                    "Descriptor",
                    System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public
                )!
                .GetValue(null)!;

    private IEnumerable<RouteEndpoint> UserEndpoints() =>
        stage
            .Server.Server.Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint =>
                endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is not null
                && endpoint.RoutePattern.RawText!.StartsWith("/scalekit", StringComparison.Ordinal)
                && endpoint.Metadata.GetMetadata<IAccessDeclaration>() is AcceptsAttribute accepts
                && accepts.Kinds.Contains(Identity.PrincipalKind.UserSession)
            );
}
