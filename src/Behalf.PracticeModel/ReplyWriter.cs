using System.Text;
using System.Text.Json.Nodes;
using Behalf.PracticeModel.Protocol;

namespace Behalf.PracticeModel;

/// <summary>Puts replies and errors on the wire.</summary>
internal static class ReplyWriter
{
    public static async Task WriteErrorAsync(HttpContext context, ApiError error, int? retryAfter = null)
    {
        var requestId = Identifiers.Next("req");
        context.Response.StatusCode = error.Status;
        context.Response.Headers["request-id"] = requestId;
        if (retryAfter is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString();
        }

        await WriteJsonAsync(context, ReplyJson.Error(error, requestId));
    }

    public static Task WriteMessageAsync(HttpContext context, ModelReply reply)
    {
        context.Response.Headers["request-id"] = Identifiers.Next("req");
        return WriteJsonAsync(context, ReplyJson.Message(reply));
    }

    public static void BeginStream(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["request-id"] = Identifiers.Next("req");
    }

    public static async Task WriteEventAsync(HttpContext context, StreamEvent streamEvent)
    {
        var text = $"event: {streamEvent.Name}\ndata: {streamEvent.Data.ToJsonString()}\n\n";
        await context.Response.WriteAsync(text, Encoding.UTF8, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    private static Task WriteJsonAsync(HttpContext context, JsonObject body)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString(), Encoding.UTF8, context.RequestAborted);
    }
}
