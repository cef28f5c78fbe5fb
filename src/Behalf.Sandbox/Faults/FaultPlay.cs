using System.Text;

namespace Behalf.Sandbox.Faults;

/// <summary>Plays a fault around one request whose answer is held back.</summary>
internal static class FaultPlay
{
    private const int SlowPieces = 8;

    public static async Task BeforeAsync(HttpContext http, FaultRule? fault, TimeProvider time, Func<Task> carryOut)
    {
        switch (fault?.Kind)
        {
            case FaultKind.DropBefore:
                return;
            case FaultKind.Status:
                await AnswerAsync(http, fault, "application/json; charset=UTF-8", ErrorBody(http, fault.Status));
                return;
            case FaultKind.Html:
                var page =
                    $"<!doctype html><html><head><title>{fault.Status}</title></head><body><h1>Something is in the way</h1></body></html>";
                await AnswerAsync(http, fault, "text/html; charset=utf-8", page);
                return;
            case FaultKind.Delay:
                await Task.Delay(fault.Delay, time, http.RequestAborted);
                break;
        }
        await carryOut();
    }

    /// <returns>What the caller is to get of the held answer.</returns>
    public static byte[] AfterCarryingOut(HttpContext http, FaultRule? fault, byte[] answer)
    {
        if (fault?.Kind is FaultKind.DropBefore or FaultKind.DropAfter)
        {
            return [];
        }
        if (fault?.Kind == FaultKind.Truncate)
        {
            http.Response.ContentLength = answer.Length;
            return answer[..(answer.Length / 2)];
        }
        if (answer.Length > 0)
        {
            http.Response.ContentLength = answer.Length;
        }
        return answer;
    }

    public static async Task SendAsync(HttpContext http, FaultRule? fault, byte[] answer, TimeProvider time)
    {
        switch (fault?.Kind)
        {
            case FaultKind.DropBefore or FaultKind.DropAfter:
                http.Abort();
                return;
            case FaultKind.SlowBody:
                foreach (var piece in answer.Chunk(Math.Max(1, answer.Length / SlowPieces)))
                {
                    await Task.Delay(fault.Delay, time, http.RequestAborted);
                    await WriteAsync(http, piece);
                }
                return;
            case FaultKind.Truncate:
                await WriteAsync(http, answer);
                http.Abort();
                return;
            default:
                await http.Response.Body.WriteAsync(answer, http.RequestAborted);
                return;
        }
    }

    private static async Task WriteAsync(HttpContext http, byte[] piece)
    {
        await http.Response.Body.WriteAsync(piece, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    private static Task AnswerAsync(HttpContext http, FaultRule fault, string type, string body)
    {
        if (fault.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString();
        }
        http.Response.StatusCode = fault.Status;
        http.Response.ContentType = type;
        return http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body), http.RequestAborted).AsTask();
    }

    private static string ErrorBody(HttpContext http, int status)
    {
        if (http.Request.Path.StartsWithSegments("/-", StringComparison.Ordinal))
        {
            var error =
                status == 503 ? "temporarily_unavailable"
                : status >= 500 ? "server_error"
                : "invalid_request";
            return new JsonObject
            {
                ["error"] = error,
                ["error_description"] = "A fault was asked for.",
            }.ToJsonString();
        }
        var message = status switch
        {
            401 => "Not Authorized",
            429 => Refusal.TooManyRequests(0).Message,
            >= 500 => "Server Error",
            _ => "A fault was asked for.",
        };
        return ApiPipeline.ErrorBody(status, message).ToJsonString();
    }
}
