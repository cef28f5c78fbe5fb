using System.Text.Json.Nodes;
using Behalf.Bench.Stage;

namespace Behalf.Bench.Load;

/// <summary>One HTTP request of a load, and how its answer names the token's owner.</summary>
/// <param name="Owner">The user whose token must have been used; null: the answer names nobody.</param>
internal sealed record Shot(
    string Method,
    string Path,
    IReadOnlyDictionary<string, string> Headers,
    string Body,
    string? Owner
)
{
    /// <value>Stands in a body for nine digits that differ at each request: no call is a repeat of another.</value>
    public const string Number = "#number##";

    /// <value>Stands for eight digits of a user, one of all at each request.</value>
    public const string User = "#user###";

    /// <value>Stands for five digits of a connection.</value>
    public const string Connection = "#con#";

    /// <summary>With the digits in place.</summary>
    public Shot Numbered(int number) =>
        this with
        {
            Body = Body.Replace(Number, $"{number:D9}", StringComparison.Ordinal),
        };

    /// <summary>With one user and one connection in place.</summary>
    public Shot As(int user, int connection)
    {
        string Put(string text) =>
            text.Replace(User, $"{user:D8}", StringComparison.Ordinal)
                .Replace(Connection, $"{connection:D5}", StringComparison.Ordinal);
        return this with
        {
            Path = Put(Path),
            Headers = Headers.ToDictionary(h => h.Key, h => Put(h.Value), StringComparer.Ordinal),
            Body = Put(Body),
            Owner = Owner is null ? null : Put(Owner),
        };
    }
}

/// <summary>How many users and connections a load is spread over, from 0.</summary>
internal sealed record Spread(int Users, int Connections)
{
    /// <returns>Some of them, to look at whole answers.</returns>
    public IReadOnlyList<Shot> Sample(Shot shot, int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(_ => shot.As(Random.Shared.Next(Users), Random.Shared.Next(Connections))),
        ];
}

/// <summary>What each scenario sends, the same for every server that can answer it.</summary>
internal static class Requests
{
    private const string ProtocolVersion = "2026-07-28";

    /// <summary>Through a proxy that knows one token only.</summary>
    public static IReadOnlyList<Shot> FixedProxy() => [Get("/who?asked=u0", [], "u0")];

    public static IReadOnlyList<Shot> Proxy(BehalfServer server) =>
        Users(user =>
            Get(
                $"/proxy/who?asked={user}",
                [
                    ("Authorization", $"Bearer {server.Token}"),
                    ("connection_name", BenchConnector.Slug),
                    ("identifier", user),
                ],
                user
            )
        );

    public static IReadOnlyList<Shot> Execute(BehalfServer server) =>
        Users(user =>
            Post(
                "/api/v1/execute_tool",
                [("Authorization", $"Bearer {server.Token}")],
                new JsonObject
                {
                    ["tool_name"] = BenchConnector.Tool,
                    ["identifier"] = user,
                    ["params"] = Asked(user),
                },
                user
            )
        );

    public static IReadOnlyList<Shot> McpCall(BehalfServer server) =>
        [
            .. server.McpTokens.Select(
                (token, i) =>
                    Mcp(
                        BenchConnector.Slug,
                        token,
                        "tools/call",
                        new JsonObject { ["name"] = BenchConnector.Tool, ["arguments"] = Asked($"u{i}") },
                        $"u{i}"
                    )
            ),
        ];

    public static IReadOnlyList<Shot> McpList(BehalfServer server) =>
        [Mcp("asana", server.ListerMcpToken, "tools/list", [], null)];

    public static IReadOnlyList<Shot> ScopedList(BehalfServer server) =>
        [
            Get(
                $"/api/v1/tools/scoped?identifier={BehalfServer.Lister}&page_size=100",
                [("Authorization", $"Bearer {server.Token}")],
                null
            ),
        ];

    public static IReadOnlyList<Shot> Link(BehalfServer server) =>
        Users(
            user =>
                Post(
                    "/api/v1/connected_accounts/magic_link",
                    [("Authorization", $"Bearer {server.Token}")],
                    new JsonObject
                    {
                        ["connector"] = BenchConnector.Slug,
                        ["identifier"] = $"new-{user}",
                        ["user_verify_url"] = "https://app.example/verified",
                    },
                    null
                ),
            count: 8
        );

    /// <summary>A call on one of a user's many connections; <see cref="Shot.As"/> says of whom and on which.</summary>
    /// <param name="user">By default one of all.</param>
    public static Shot ExecuteOf(BehalfServer server, string user = $"u{Shot.User}") =>
        Post(
            "/api/v1/execute_tool",
            [("Authorization", $"Bearer {server.Token}")],
            new JsonObject
            {
                ["tool_name"] = $"c{Shot.Connection}_who",
                ["identifier"] = user,
                ["params"] = Asked(user),
            },
            user
        );

    /// <inheritdoc cref="ExecuteOf" />
    public static Shot ProxyOf(BehalfServer server, string user = $"u{Shot.User}") =>
        Get(
            $"/proxy/who?asked={user}",
            [
                ("Authorization", $"Bearer {server.Token}"),
                ("connection_name", $"c{Shot.Connection}"),
                ("identifier", user),
            ],
            user
        );

    /// <summary>The long answer through the proxy.</summary>
    public static IReadOnlyList<Shot> Long(BehalfServer server) =>
        Users(user =>
            Get(
                "/proxy/big",
                [
                    ("Authorization", $"Bearer {server.Token}"),
                    ("connection_name", BenchConnector.Slug),
                    ("identifier", user),
                ],
                null
            )
        );

    public static Shot ListOf(BehalfServer server, string user) =>
        Get(
            $"/api/v1/tools/scoped?identifier={user}&page_size=100",
            [("Authorization", $"Bearer {server.Token}")],
            null
        );

    /// <summary>Each for a user who was not there before.</summary>
    public static Shot LinkOf(BehalfServer server) =>
        Post(
            "/api/v1/connected_accounts/magic_link",
            [("Authorization", $"Bearer {server.Token}")],
            new JsonObject
            {
                ["connector"] = $"c{Shot.Connection}",
                ["identifier"] = $"new-{Shot.Number}",
                ["user_verify_url"] = "https://app.example/verified",
            },
            null
        );

    private static JsonObject Asked(string user) => new() { ["asked"] = user, ["number"] = Shot.Number };

    private static IReadOnlyList<Shot> Users(Func<string, Shot> shot, int count = BehalfServer.Users) =>
        [.. Enumerable.Range(0, count).Select(i => shot($"u{i}"))];

    public static Shot Get(string path, (string Name, string Value)[] headers, string? owner) =>
        new("GET", path, headers.ToDictionary(h => h.Name, h => h.Value, StringComparer.Ordinal), string.Empty, owner);

    public static Shot Post(string path, (string Name, string Value)[] headers, JsonObject body, string? owner) =>
        new(
            "POST",
            path,
            headers
                .Append(("Content-Type", "application/json"))
                .ToDictionary(h => h.Item1, h => h.Item2, StringComparer.Ordinal),
            body.ToJsonString(),
            owner
        );

    private static Shot Mcp(string connection, string token, string method, JsonObject parameters, string? owner)
    {
        parameters["_meta"] = new JsonObject
        {
            ["io.modelcontextprotocol/protocolVersion"] = ProtocolVersion,
            ["io.modelcontextprotocol/clientInfo"] = new JsonObject { ["name"] = "bench", ["version"] = "1" },
            ["io.modelcontextprotocol/clientCapabilities"] = new JsonObject(),
        };
        List<(string, string)> headers =
        [
            ("Authorization", $"Bearer {token}"),
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", ProtocolVersion),
            ("Mcp-Method", method),
        ];
        if (parameters["name"] is { } name)
        {
            headers.Add(("Mcp-Name", (string)name!));
        }

        return Post(
            $"/mcp/v3/connections/{connection}",
            [.. headers],
            new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["id"] = 1,
                ["method"] = method,
                ["params"] = parameters,
            },
            owner
        );
    }
}
