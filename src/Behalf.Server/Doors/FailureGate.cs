namespace Behalf.Server.Doors;

/// <summary>
/// The outermost step: what nobody expected becomes an answer without a stack trace and a log line with the same number.
/// </summary>
internal sealed partial class FailureGate(RequestDelegate next, ILogger<FailureGate> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (BadHttpRequestException bad) when (!http.Response.HasStarted)
        {
            await ProblemAnswer.WriteAsync(http, Problem.Invalid("bad_request", BadRequestMessage(bad)));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; nobody reads an answer.
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            Problem problem = Failures.ToProblem(exception, http.TraceIdentifier);
            if (problem.Code == Failures.InternalCode)
            {
                Log.Failed(logger, http.TraceIdentifier, exception);
            }

            await ProblemAnswer.WriteAsync(http, problem);
        }
    }

    private static string BadRequestMessage(BadHttpRequestException bad) =>
        bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? "The body is too large." : "The request is malformed.";

    private static partial class Log
    {
        [LoggerMessage(EventId = 100, Level = LogLevel.Error, Message = "Request {TraceId} failed")]
        public static partial void Failed(ILogger logger, string traceId, Exception exception);
    }
}
