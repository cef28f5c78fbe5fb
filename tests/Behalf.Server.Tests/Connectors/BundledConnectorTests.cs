using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestAuthorizationServer;

namespace Behalf.Server.Tests.Connectors;

/// <summary>Each bundled connector against a stand-in with its provider's habits, through the real server.</summary>
public sealed class BundledConnectorTests(BundledConnectorTests.House house)
    : IClassFixture<BundledConnectorTests.House>
{
    /// <summary>A tool of each, and how its provider refuses it for want of permission or existence.</summary>
    public static TheoryData<string, string, int, string, string> Tools =>
        new()
        {
            { "github", "get_issue", 404, """{"message":"Not Found"}""", "not_found_or_no_access" },
            { "slack", "list_channels", 200, """{"ok":false,"error":"missing_scope"}""", "scope_missing" },
            {
                "gmail",
                "list_labels",
                403,
                """{"error":{"message":"Request had insufficient authentication scopes."}}""",
                "scope_missing"
            },
            {
                "googlecalendar",
                "list_calendars",
                403,
                """{"error":{"message":"Rate Limit Exceeded"}}""",
                "rate_limited"
            },
            {
                "googledrive",
                "search_files",
                404,
                """{"error":{"message":"File not found"}}""",
                "not_found_or_no_access"
            },
            { "notion", "search", 404, """{"message":"Could not find page"}""", "not_found_or_no_access" },
            {
                "linear",
                "list_teams",
                200,
                """{"data":null,"errors":[{"message":"Entity not found"}]}""",
                "not_found_or_no_access"
            },
            { "jira", "search_issues", 403, """{"errorMessages":["No"]}""", "no_permission" },
            { "outlook", "read_message", 404, """{"error":{"message":"gone"}}""", "not_found_or_no_access" },
            { "hubspot", "search_contacts", 403, """{"message":"requires all of these scopes"}""", "scope_missing" },
            {
                "salesforce",
                "find_companies",
                400,
                """[{"message":"unexpected token","errorCode":"MALFORMED_QUERY"}]""",
                "invalid_input"
            },
            { "zendesk", "list_tickets", 403, """{"error":"Forbidden"}""", "no_permission" },
        };

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task Connector_ConnectsCallsRefreshesAndTellsRefusals(
        string slug,
        string tool,
        int status,
        string refusal,
        string kind
    )
    {
        Quirk quirk = Providers.All.Single(one => one.Slug == slug);
        await house.AddAsync(slug);
        await house.ConnectAsync(slug, "alice");
        JsonNode fixture = house.Fixture(slug, tool);

        (await house.ExecuteAsync(slug, tool, fixture)).Should().Be(Canonical(fixture["result"]!));

        house.Provider.AnswerNext(status, refusal);
        Reply refused = await house.ReplyAsync(slug, tool, fixture);
        refused.Status.Should().NotBe(200, refused.Body);
        refused.Body.Should().Contain(kind);

        // The provider ends every access token: a refresh, where there is one, brings the next.
        house.Server.Time.Advance(TimeSpan.FromMinutes(2));
        house.Provider.EndAccess();
        if (quirk.Refreshes)
        {
            (await house.ExecuteAsync(slug, tool, fixture)).Should().Be(Canonical(fixture["result"]!));
            house.Provider.Grants.Should().Contain($"{slug} refresh_token");
        }
        else
        {
            (await house.ReplyAsync(slug, tool, fixture)).Status.Should().NotBe(200);
            await house.ConnectAsync(slug, "alice");
        }

        await house.RevokeAsync(slug, "alice");
        if (quirk.RevokePath is not null)
        {
            house.Provider.Revoked.Should().Contain(slug);
        }

        house.Provider.Refusals.Where(why => why.StartsWith(slug, StringComparison.Ordinal)).Should().BeEmpty();
    }

    private static string Canonical(JsonNode node) =>
        node switch
        {
            JsonObject map =>
                $"{{{string.Join(',', map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Where(pair => pair.Key != "next_cursor").Select(pair => $"{pair.Key}:{(pair.Value is null ? "null" : Canonical(pair.Value))}"))}}}",
            JsonArray list => $"[{string.Join(',', list.Select(item => item is null ? "null" : Canonical(item)))}]",
            JsonValue value when value.TryGetValue(out decimal number) => number.ToString(
                "0.####",
                System.Globalization.CultureInfo.InvariantCulture
            ),
            _ => node.ToJsonString(),
        };

    public sealed class House : IAsyncLifetime
    {
        private static readonly string Connectors = Path.Combine(FindRoot(), "connectors");

        public TestServer Server { get; private set; } = null!;

        public QuirkServer Provider { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Provider = await QuirkServer.StartAsync(Providers.All);
            Provider.Api = Answer;
            Server = new TestServer
            {
                Change = options =>
                    options with
                    {
                        ConnectorsFolder = Connectors,
                        AllowedPrivateOrigins = [Provider.Origin],
                    },
            };
            await Server.InitializeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Server.DisposeAsync();
            await Provider.DisposeAsync();
        }

        public JsonNode Fixture(string slug, string tool)
        {
            JsonNode fixture = JsonNode.Parse(
                File.ReadAllText(Path.Combine(Connectors, slug, "fixtures", $"{tool}.json"))
            )!;
            _current = fixture;
            return fixture;
        }

        public async Task AddAsync(string slug)
        {
            string at = $"{Provider.Origin}/{slug}";
            Reply added = await Server.SendAsync(
                HttpMethod.Post,
                "/api/v1/behalf/connections",
                Server.ServiceToken,
                JsonSerializer.Serialize(
                    new
                    {
                        connector = slug,
                        client_id = QuirkServer.ClientId,
                        client_secret = QuirkServer.ClientSecret,
                        base_url = at,
                        oauth_url = at,
                    }
                )
            );
            added.Status.Should().Be(200, added.Body);
        }

        public async Task ConnectAsync(string slug, string identifier)
        {
            Reply link = await Server.SendAsync(
                HttpMethod.Post,
                "/api/v1/connected_accounts/magic_link",
                Server.ServiceToken,
                JsonSerializer.Serialize(
                    new
                    {
                        connector = slug,
                        identifier,
                        user_verify_url = "http://127.0.0.1:9/verified",
                    }
                )
            );
            link.Status.Should().Be(200, link.Body);
            using Person person = new(identifier);
            string id = await person.ConnectAsync(new Uri(link.Json.GetProperty("link").GetString()!));
            Reply verified = await Server.SendAsync(
                HttpMethod.Post,
                "/api/v1/connected_accounts/user/verify",
                Server.ServiceToken,
                JsonSerializer.Serialize(new { auth_request_id = id, identifier })
            );
            verified.Status.Should().Be(200, $"{verified.Body} {string.Join("; ", Provider.Refusals)}");
        }

        internal Task<Reply> ReplyAsync(string slug, string tool, JsonNode fixture) =>
            Server.SendAsync(
                HttpMethod.Post,
                "/api/v1/execute_tool",
                Server.ServiceToken,
                JsonSerializer.Serialize(
                    new
                    {
                        tool_name = $"{slug}_{tool}",
                        identifier = "alice",
                        @params = fixture["arguments"],
                    }
                )
            );

        public async Task<string> ExecuteAsync(string slug, string tool, JsonNode fixture)
        {
            Reply done = await ReplyAsync(slug, tool, fixture);
            done.Status.Should().Be(200, $"{done.Body} {string.Join("; ", Provider.Refusals)}");
            return Canonical(JsonNode.Parse(done.Json.GetProperty("data").GetRawText())!);
        }

        public async Task RevokeAsync(string slug, string identifier)
        {
            int before = Provider.Revoked.Count;
            Reply gone = await Server.SendAsync(
                HttpMethod.Post,
                "/api/v1/connected_accounts:delete",
                Server.ServiceToken,
                JsonSerializer.Serialize(new { connector = slug, identifier })
            );
            gone.Status.Should().Be(200, gone.Body);
            if (Providers.All.Single(one => one.Slug == slug).RevokePath is null)
            {
                return;
            }

            for (int i = 0; i < 200 && Provider.Revoked.Count == before; i++)
            {
                await Task.Delay(
                    TimeSpan.FromMilliseconds(50),
                    TimeProvider.System,
                    TestContext.Current.CancellationToken
                );
            }
        }

        private JsonNode _current = new JsonObject();

        /// <summary>What the fixture recorded for this method and path.</summary>
        private (int, string)? Answer(string slug, string method, string path)
        {
            JsonNode? exchange = _current["exchanges"]!
                .AsArray()
                .FirstOrDefault(one =>
                    one!["request"]!["method"]!.GetValue<string>() == method
                    && one["request"]!["path"]!.GetValue<string>() == path
                );
            return exchange?["response"] is { } response
                ? (response["status"]!.GetValue<int>(), response["body"]?.ToJsonString() ?? "")
                : null;
        }

        private static string FindRoot()
        {
            DirectoryInfo at = new(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(at.FullName, "Behalf.slnx")))
            {
                at = at.Parent ?? throw new InvalidOperationException("The repository's root was not found.");
            }

            return at.FullName;
        }
    }
}
