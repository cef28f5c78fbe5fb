using Behalf.Sandbox.Judge;
using Behalf.Sandbox.OAuth;

namespace Behalf.Sandbox.Faults;

/// <summary><c>/_sandbox/faults</c>: what goes wrong next, and how tokens, limits, search and blocked apps behave.</summary>
internal sealed class FaultEndpoints(
    ObjectStore store,
    FaultRules rules,
    TokenPolicy policy,
    TokenStore tokens,
    ApiLimits limits,
    AppBlocks blocks,
    AppRegistry apps
)
{
    public void MapTo(IEndpointRouteBuilder app)
    {
        app.MapGet("/_sandbox/faults", Current);
        app.MapPost("/_sandbox/faults", (JsonNode body) => JudgeAnswer.Of(() => Add(body)));
        app.MapDelete("/_sandbox/faults", Clear);
    }

    private JsonObject Add(JsonNode body)
    {
        var request = body as JsonObject ?? new JsonObject { ["rules"] = body.DeepClone() };
        var properties = new Properties(request);
        properties.Only(
            "rules",
            "rotation",
            "grace_seconds",
            "access_token_seconds",
            "expire_access_tokens",
            "requests_per_minute",
            "searches_per_minute",
            "concurrent_reads",
            "concurrent_writes",
            "search_lag_seconds",
            "blocked_apps"
        );
        var added = properties.Objects("rules").Select(r => Rule(new Properties(r))).ToList();
        var rotation = properties.Text("rotation") switch
        {
            null => (Rotation?)null,
            "none" => Rotation.None,
            "strict" => Rotation.Strict,
            "grace" or "grace_seconds" => Rotation.Grace,
            var other => throw Refusal.BadRequest($"rotation: not none, strict or grace: {other}"),
        };
        var (grace, life) = (Whole(properties, "grace_seconds"), Whole(properties, "access_token_seconds"));
        var expire = properties.Flag("expire_access_tokens") ?? false;
        var lag = Whole(properties, "search_lag_seconds");
        if (lag > 600)
        {
            throw Refusal.BadRequest("search_lag_seconds: at most 600");
        }
        lock (store.Gate)
        {
            var blocked = properties.Objects("blocked_apps").Select(one => Block(new Properties(one))).ToList();
            blocked.ForEach(one => blocks.Set(one.App, one.Workspace, one.IsBlocked));
            limits.RequestsPerMinute = Whole(properties, "requests_per_minute") ?? limits.RequestsPerMinute;
            limits.SearchesPerMinute = Whole(properties, "searches_per_minute") ?? limits.SearchesPerMinute;
            limits.ConcurrentReads = Whole(properties, "concurrent_reads") ?? limits.ConcurrentReads;
            limits.ConcurrentWrites = Whole(properties, "concurrent_writes") ?? limits.ConcurrentWrites;
            store.Search.Lag = lag is { } behind ? TimeSpan.FromSeconds(behind) : store.Search.Lag;
            policy.Rotation = rotation ?? (grace is null ? policy.Rotation : Rotation.Grace);
            policy.Grace = grace is { } seconds ? TimeSpan.FromSeconds(seconds) : policy.Grace;
            policy.AccessTokenLife = life is { } lived ? TimeSpan.FromSeconds(lived) : policy.AccessTokenLife;
            if (expire)
            {
                tokens.ExpireAccessTokens();
            }
        }
        rules.Add(added);
        return Current();
    }

    private JsonObject Clear()
    {
        rules.Clear();
        lock (store.Gate)
        {
            policy.Reset();
            limits.Reset();
            blocks.Clear();
            store.Search.Lag = SandboxOptions.SearchLag;
        }
        return Current();
    }

    private JsonObject Current()
    {
        lock (store.Gate)
        {
            return new JsonObject
            {
                ["rules"] = new JsonArray([.. rules.Remaining.Select(r => (JsonNode?)ToJson(r))]),
                ["rotation"] = policy.Rotation.ToString().ToLowerInvariant(),
                ["grace_seconds"] = (int)policy.Grace.TotalSeconds,
                ["access_token_seconds"] = (int)policy.AccessTokenLife.TotalSeconds,
                ["requests_per_minute"] = limits.RequestsPerMinute,
                ["searches_per_minute"] = limits.SearchesPerMinute,
                ["concurrent_reads"] = limits.ConcurrentReads,
                ["concurrent_writes"] = limits.ConcurrentWrites,
                ["search_lag_seconds"] = (int)store.Search.Lag.TotalSeconds,
                ["blocked_apps"] = new JsonArray([
                    .. blocks.All.Select(one => new JsonObject
                    {
                        ["client_id"] = one.App.ClientId,
                        ["workspace"] = one.Workspace.Gid,
                    }),
                ]),
            };
        }
    }

    private (App App, Workspace Workspace, bool IsBlocked) Block(Properties one)
    {
        one.Only("client_id", "workspace", "blocked");
        var clientId = one.RequiredText("client_id");
        var named = one.RequiredText("workspace");
        var app = apps.Find(clientId) ?? throw Refusal.BadRequest($"client_id: there is no app {clientId}");
        var workspace =
            store.ByKey.GetValueOrDefault(named) as Workspace
            ?? store.All<Workspace>().FirstOrDefault(known => known.Gid == named)
            ?? throw Refusal.BadRequest($"workspace: there is none {named}");
        return (app, workspace, one.Flag("blocked") ?? true);
    }

    private static FaultRule Rule(Properties rule)
    {
        rule.Only("match", "times", "kind", "status", "retry_after", "delay_ms");
        var match = new Properties(rule.Object("match") ?? []);
        match.Only("method", "path_prefix", "user");
        var kind = rule.RequiredText("kind") switch
        {
            "status" => FaultKind.Status,
            "delay" => FaultKind.Delay,
            "drop_before" => FaultKind.DropBefore,
            "drop_after" => FaultKind.DropAfter,
            "slow_body" => FaultKind.SlowBody,
            "html" => FaultKind.Html,
            "truncate" => FaultKind.Truncate,
            var other => throw Refusal.BadRequest($"kind: not a fault: {other}"),
        };
        var status = Whole(rule, "status");
        if (status is < 200 or > 599 || (kind == FaultKind.Status && status is null))
        {
            throw Refusal.BadRequest("status: give one from 200 to 599");
        }
        var times = Whole(rule, "times") ?? 1;
        return new FaultRule(
            new FaultMatch(match.Text("method"), match.Text("path_prefix"), match.Text("user")),
            times >= 1 ? times : throw Refusal.BadRequest("times: at least 1"),
            kind,
            status ?? 502,
            Whole(rule, "retry_after"),
            TimeSpan.FromMilliseconds(Whole(rule, "delay_ms") ?? 100)
        );
    }

    private static JsonObject ToJson(FaultRule rule) =>
        new()
        {
            ["match"] = new JsonObject
            {
                ["method"] = rule.Match.Method,
                ["path_prefix"] = rule.Match.PathPrefix,
                ["user"] = rule.Match.User,
            },
            ["times"] = rule.Times,
            ["kind"] = System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(rule.Kind.ToString()),
            ["status"] = rule.Status,
            ["retry_after"] = rule.RetryAfter,
            ["delay_ms"] = (int)rule.Delay.TotalMilliseconds,
        };

    private static int? Whole(Properties properties, string name) =>
        properties.Node(name) switch
        {
            null => null,
            JsonValue value when value.TryGetValue<int>(out var number) && number >= 0 => number,
            _ => throw Refusal.BadRequest($"{name}: not a whole number from 0"),
        };
}
