using Behalf.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.Server.Mcp;

/// <summary>
/// <c>notifications/progress</c> for a call whose client gave a token: one for each request to the provider. How many there
/// will be nobody knows, so there is no total.
/// </summary>
internal static class CallProgress
{
    /// <returns>Null: the client does not want to hear.</returns>
    public static Func<CallAdvance, Task>? Of(RequestContext<CallToolRequestParams> call, HttpContext http) =>
        call.Params?.ProgressToken is { } token ? step => TellAsync(call.Server, token, step, http) : null;

    private static async Task TellAsync(McpServer server, ProgressToken token, CallAdvance step, HttpContext http)
    {
        if (http.RequestAborted.IsCancellationRequested)
        {
            return; // a write goes on although its caller has left
        }

        try
        {
            await server.NotifyProgressAsync(
                token,
                new ProgressNotificationValue
                {
                    Progress = step.Number,
                    Message = $"{step.Provider}: request {step.Number}",
                },
                cancellationToken: http.RequestAborted
            );
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // It left in this moment, and nobody hears.
        }
    }
}
