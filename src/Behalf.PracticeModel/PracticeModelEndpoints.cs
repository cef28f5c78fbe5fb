using System.Text.Json;
using Behalf.PracticeModel.Protocol;

namespace Behalf.PracticeModel;

public static class PracticeModelEndpoints
{
    private static readonly JsonSerializerOptions ScriptJson = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    private static readonly DateTimeOffset ModelsCreatedAt = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Maps <c>/v1/messages</c>, <c>/v1/messages/count_tokens</c>, <c>/v1/models</c> and, for tests,
    /// <c>/_practice/script</c> and <c>/_practice/requests</c>. Any other path under <c>/v1</c> answers 404 in the API's shape.
    /// </summary>
    /// <exception cref="InvalidOperationException"><see cref="PracticeModelServices.AddPracticeModel"/> was not called.</exception>
    public static IEndpointConventionBuilder MapPracticeModel(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (endpoints.ServiceProvider.GetService<PracticeModelOptions>() is null)
        {
            throw new InvalidOperationException(
                "Call services.AddPracticeModel() before endpoints.MapPracticeModel()."
            );
        }

        var group = endpoints.MapGroup("");
        group.MapPost("/v1/messages", MessagesAsync);
        group.MapPost("/v1/messages/count_tokens", CountTokensAsync);
        group.MapGet("/v1/models", ListModelsAsync);
        group.MapGet("/v1/models/{model}", GetModelAsync);
        group.Map("/v1/{**rest}", UnknownAsync);
        group.MapPost("/_practice/script", AddScriptAsync);
        group.MapDelete("/_practice/script", ClearScript);
        group.MapGet("/_practice/requests", ListRequests);
        group.MapDelete("/_practice/requests", ClearRequests);
        return group;
    }

    private static Task MessagesAsync(HttpContext context, ReplySource source) =>
        GuardAsync(
            context,
            async options =>
            {
                var request = await ReadAsync(context, options, countOnly: false);
                await source.AnswerAsync(context, request);
            }
        );

    private static Task CountTokensAsync(HttpContext context) =>
        GuardAsync(
            context,
            async options =>
            {
                var request = await ReadAsync(context, options, countOnly: true);
                await WriteAsync(context, 200, new { input_tokens = request.InputTokens });
            }
        );

    private static Task ListModelsAsync(HttpContext context) =>
        GuardAsync(
            context,
            options =>
                WriteAsync(
                    context,
                    200,
                    new
                    {
                        data = options.Models.Select(Describe),
                        has_more = false,
                        first_id = options.Models.FirstOrDefault(),
                        last_id = options.Models.LastOrDefault(),
                    }
                )
        );

    private static Task GetModelAsync(HttpContext context, string model) =>
        GuardAsync(
            context,
            options =>
                IsAccepted(options, model)
                    ? WriteAsync(context, 200, Describe(model))
                    : throw new RequestRefusedException(ApiError.NotFound($"model: {model}"))
        );

    private static Task UnknownAsync(HttpContext context) =>
        GuardAsync(context, _ => throw new RequestRefusedException(ApiError.NotFound("Not Found")));

    private static async Task AddScriptAsync(HttpContext context, PracticeModelOptions options)
    {
        try
        {
            var (body, _) = await BodyReader.ReadAsync(context.Request, options.MaxBodyBytes, context.RequestAborted);
            var responses =
                body.ValueKind == JsonValueKind.Array
                    ? body.Deserialize<List<ScriptedResponse>>(ScriptJson)!
                    : [body.Deserialize<ScriptedResponse>(ScriptJson)!];
            options.Script.Enqueue(responses);
            await WriteAsync(context, 200, new { remaining = options.Script.Remaining });
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or RequestRefusedException)
        {
            await RefuseAsync(context, ApiError.InvalidRequest(exception.Message));
        }
    }

    private static IResult ClearScript(PracticeModelOptions options)
    {
        options.Script.Clear();
        return TypedResults.NoContent();
    }

    private static IResult ListRequests(RequestLog log) =>
        TypedResults.Json(new { requests = log.Snapshot() }, ScriptJson);

    private static IResult ClearRequests(RequestLog log)
    {
        log.Clear();
        return TypedResults.NoContent();
    }

    private static async Task<MessagesRequest> ReadAsync(
        HttpContext context,
        PracticeModelOptions options,
        bool countOnly
    )
    {
        var version = context.Request.Headers["anthropic-version"].ToString();
        var (body, length) = await BodyReader.ReadAsync(context.Request, options.MaxBodyBytes, context.RequestAborted);
        context
            .RequestServices.GetRequiredService<RequestLog>()
            .Add(
                new SeenRequest(
                    options.TimeProvider.GetUtcNow(),
                    context.Request.Path,
                    version,
                    context.Request.Headers.UserAgent.ToString(),
                    body
                ),
                length
            );
        if (version.Length == 0)
        {
            throw RequestRefusedException.Invalid("anthropic-version: header is required");
        }

        var request = MessagesRequestReader.Read(body, version, length, countOnly);
        return IsAccepted(options, request.Model)
            ? request
            : throw new RequestRefusedException(ApiError.NotFound($"model: {request.Model}"));
    }

    private static async Task GuardAsync(HttpContext context, Func<PracticeModelOptions, Task> handle)
    {
        var headers = context.Request.Headers;
        var bearer = headers.Authorization.ToString();
        var hasKey =
            headers["x-api-key"].ToString().Length > 0
            || (bearer.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && bearer.Length > "Bearer ".Length);
        if (!hasKey)
        {
            await RefuseAsync(context, ApiError.Authentication("x-api-key header is required"));
            return;
        }

        try
        {
            await handle(context.RequestServices.GetRequiredService<PracticeModelOptions>());
        }
        catch (RequestRefusedException refused)
        {
            await RefuseAsync(context, refused.Error);
        }
    }

    private static bool IsAccepted(PracticeModelOptions options, string model) =>
        options.Models.Contains(model)
        || options.AcceptedModelPrefixes.Any(prefix => model.StartsWith(prefix, StringComparison.Ordinal));

    private static object Describe(string model) =>
        new
        {
            type = "model",
            id = model,
            display_name = "Practice model",
            created_at = ModelsCreatedAt,
        };

    private static Task RefuseAsync(HttpContext context, ApiError error) => ReplyWriter.WriteErrorAsync(context, error);

    private static Task WriteAsync(HttpContext context, int status, object body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(body, context.RequestAborted);
    }
}
