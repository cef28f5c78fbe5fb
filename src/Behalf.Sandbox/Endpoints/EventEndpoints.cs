using System.Globalization;

namespace Behalf.Sandbox.Endpoints;

/// <summary>What happened to something since a sync token; without a good one, 412 with a fresh one.</summary>
internal static class EventEndpoints
{
    private const int Most = 100;
    private const string Refreshed =
        "Sync token invalid or too old. If you are attempting to keep resources in sync, you must fetch the full dataset for this query now and use the new sync token for the next sync.";

    public static void Map(ApiRoutes routes)
    {
        routes.Get("/events", call => Since(call, call.ReadableAny("resource", call.RequiredQuery("resource"))));
        routes.Get("/workspaces/{workspace_gid}/events", call => Since(call, call.Target<Workspace>("workspace_gid")));
        routes.Get("/workspaces/{workspace_gid}/audit_log_events", AuditLog);
    }

    public static JsonObject Write(Change change) =>
        new()
        {
            ["user"] = change.By is { } user ? Short(user) : null,
            ["resource"] = Short(change.Resource),
            ["type"] = change.Resource.ResourceType,
            ["action"] = change.Action,
            ["created_at"] = Renderer.Timestamp(change.At),
        };

    private static JsonObject Short(Entity item) => new() { ["gid"] = item.Gid, ["resource_type"] = item.ResourceType };

    private static ApiAnswer Since(ApiCall call, Entity watched)
    {
        var log = call.Store.Changes;
        if (
            !long.TryParse(call.Query("sync"), NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            || log.Since(from) is not { } changes
        )
        {
            var body = ApiPipeline.ErrorBody(412, Refreshed);
            body["sync"] = Token(log.Last);
            return new ApiAnswer(412, body);
        }
        var seen = changes
            .Where(change => change.Concerns(watched) && call.Access.CanRead(call.User, change.Resource))
            .ToList();
        var page = seen.Take(Most).ToList();
        var more = seen.Count > Most;
        return new ApiAnswer(
            200,
            new JsonObject
            {
                ["data"] = new JsonArray([.. page.Select(change => (JsonNode?)Write(change))]),
                ["sync"] = Token(more ? page[^1].Number : log.Last),
                ["has_more"] = more,
            }
        );
    }

    private static string Token(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>For service accounts only. The practice Asana writes none, so there is nothing to read.</summary>
    private static ApiAnswer AuditLog(ApiCall call)
    {
        call.Target<Workspace>("workspace_gid");
        return call.User.IsServiceAccount ? call.Page([]) : throw Refusal.RoleTooLow();
    }
}
