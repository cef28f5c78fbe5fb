using Behalf.Sandbox.OAuth;
using Microsoft.AspNetCore.Http.Extensions;

namespace Behalf.Sandbox.Endpoints;

/// <summary>At most ten requests in one, each with its own status; each counts against the limits.</summary>
internal static class BatchEndpoints
{
    private const int Most = 10;

    public static void Map(ApiRoutes routes) => routes.Post("/batch", call => Run(call, routes));

    private static ApiAnswer Run(ApiCall call, ApiRoutes routes)
    {
        call.Data.Only("actions");
        var actions = call.Data.Objects("actions");
        if (actions.Count is 0 or > Most)
        {
            throw Refusal.BadRequest($"actions: Must have between 1 and {Most} actions");
        }
        var results = actions.Select(action => (JsonNode?)One(call, routes, action)).ToArray();
        return new ApiAnswer(200, new JsonObject { ["data"] = new JsonArray(results) });
    }

    private static JsonObject One(ApiCall call, ApiRoutes routes, JsonObject action)
    {
        ApiAnswer answer;
        try
        {
            answer = Carry(call, routes, new Properties(action));
        }
        catch (Refusal refusal)
        {
            answer = new ApiAnswer(refusal.Status, ApiPipeline.ErrorBody(refusal.Status, refusal.Message));
        }
        var headers = new JsonObject();
        if (answer.Location is { } location)
        {
            headers["location"] = location;
        }
        return new JsonObject
        {
            ["status_code"] = answer.Status,
            ["headers"] = headers,
            ["body"] = answer.Body.DeepClone(),
        };
    }

    private static ApiAnswer Carry(ApiCall call, ApiRoutes routes, Properties action)
    {
        var method = action.RequiredText("method").ToUpperInvariant();
        var path = action.RequiredText("relative_path");
        if (
            OperationTable.Match(method, path) is not var (operation, slots)
            || operation.Path == "/batch"
            || routes.Find(operation) is not { } handler
        )
        {
            throw Refusal.NoRoute();
        }
        var services = call.Http.RequestServices;
        services.GetRequiredService<RateLimits>().Count((AccessToken)call.Http.Items[typeof(AccessToken)]!, operation);
        var data = action.Object("data")?.DeepClone().AsObject() ?? [];
        var options = action.Object("options") ?? [];
        var http = new DefaultHttpContext { RequestServices = services };
        http.Items[typeof(AccessToken)] = call.Http.Items[typeof(AccessToken)];
        (http.Request.Method, http.Request.Scheme, http.Request.Host) = (
            method,
            call.Http.Request.Scheme,
            call.Http.Request.Host
        );
        http.Request.Path = ApiRoutes.Base + path;
        foreach (var (name, value) in slots)
        {
            http.Request.RouteValues[name] = value;
        }
        http.Request.QueryString = Query(method == "GET" ? data : [], options).ToQueryString();
        var answer = handler(
            call with
            {
                Http = http,
                Data = new Properties(method == "GET" ? [] : data),
                Fields = FieldTree.Parse(Text(options["fields"])),
                Form = null,
            }
        );
        return answer.Then is null ? answer : throw Refusal.BadRequest("This request cannot be part of a batch");
    }

    private static QueryBuilder Query(JsonObject data, JsonObject options)
    {
        var query = new QueryBuilder();
        foreach (var (name, value) in data.Concat(options.Where(one => one.Key is "limit" or "offset")))
        {
            if (Text(value) is { } text)
            {
                query.Add(name, text);
            }
        }
        return query;
    }

    private static string? Text(JsonNode? node) =>
        node switch
        {
            null => null,
            JsonArray array => string.Join(',', array.Select(item => item?.ToString())),
            _ => node.ToString(),
        };
}
