namespace Behalf.Server.Doors;

/// <summary>
/// A gRPC message that is no message, or holds text that is not UTF-8: the library fails before any interceptor with
/// UNKNOWN and no details. It is the caller's mistake, and is told as one.
/// </summary>
internal static class UnreadableMessages
{
    private const string Unknown = "2";

    private static readonly Problem Unreadable = Problem.Invalid(
        "bad_request",
        "The message cannot be read: it is cut, of another type, or holds text that is not UTF-8."
    );

    public static void UseUnreadableMessages(this IApplicationBuilder app) =>
        app.Use((http, next) => ProblemAnswer.IsGrpc(http) ? TellAsync(http, next) : next(http));

    private static async Task TellAsync(HttpContext http, RequestDelegate next)
    {
        await next(http);
        if (
            !http.Response.HasStarted
            && http.Response.Headers["grpc-status"] == Unknown
            && !http.Response.Headers.ContainsKey(ProblemAnswer.DetailsTrailer)
        )
        {
            await ProblemAnswer.WriteAsync(http, Unreadable);
        }
    }
}
