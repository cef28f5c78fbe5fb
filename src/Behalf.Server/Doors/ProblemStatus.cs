using Behalf.Audit;
using Behalf.Wire.Errdetails;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;

namespace Behalf.Server.Doors;

/// <summary>The one translation of a problem into <c>google.rpc.Status</c>, for gRPC and JSON alike.</summary>
internal static class ProblemStatus
{
    private const string ToolErrorCode = "TOOL_ERROR";
    private const string RateLimitedCode = "RATE_LIMITED";

    public static Google.Rpc.Status From(Problem problem)
    {
        Google.Rpc.Status status = new() { Code = (int)CodeOf(problem), Message = problem.Message };
        status.Details.Add(Any.Pack(InfoOf(problem)));
        if (problem.RetryAfter is { } wait)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(wait) }));
        }

        return status;
    }

    /// <summary>For what no service implements yet.</summary>
    public static Google.Rpc.Status Unimplemented(string what)
    {
        Google.Rpc.Status status = new() { Code = (int)Code.Unimplemented, Message = $"{what} is not available." };
        status.Details.Add(Any.Pack(new Wire.Errdetails.ErrorInfo { ErrorCode = "unimplemented" }));
        return status;
    }

    /// <summary>HTTP statuses as the official SDKs map them.</summary>
    public static int HttpStatusOf(int code) =>
        (Code)code switch
        {
            Code.Ok => StatusCodes.Status200OK,
            Code.InvalidArgument or Code.FailedPrecondition or Code.OutOfRange => StatusCodes.Status400BadRequest,
            Code.Unauthenticated => StatusCodes.Status401Unauthorized,
            Code.PermissionDenied => StatusCodes.Status403Forbidden,
            Code.NotFound => StatusCodes.Status404NotFound,
            Code.AlreadyExists or Code.Aborted => StatusCodes.Status409Conflict,
            Code.ResourceExhausted => StatusCodes.Status429TooManyRequests,
            Code.Cancelled => StatusCodes.Status499ClientClosedRequest,
            Code.Unimplemented => StatusCodes.Status501NotImplemented,
            Code.Unavailable => StatusCodes.Status503ServiceUnavailable,
            Code.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
            _ => StatusCodes.Status500InternalServerError,
        };

    private static Code CodeOf(Problem problem) =>
        problem.Kind switch
        {
            ProblemKind.InvalidArgument => Code.InvalidArgument,
            ProblemKind.Unauthenticated => Code.Unauthenticated,
            ProblemKind.Forbidden => Code.PermissionDenied,
            ProblemKind.NotFound => Code.NotFound,
            ProblemKind.AlreadyExists => Code.AlreadyExists,
            ProblemKind.FailedPrecondition => Code.FailedPrecondition,
            // Our own refusal of a value that only its place in the request rules out: nothing was sent.
            ProblemKind.ToolError when problem is { ProviderStatus: null, Code: CallOutcomes.InvalidInput } =>
                Code.InvalidArgument,
            // Whether the provider refused the credential or there is none left to send: the user has to connect again.
            ProblemKind.ToolError when problem is { ProviderStatus: null, Code: CallOutcomes.ReconnectRequired } =>
                Code.FailedPrecondition,
            ProblemKind.ToolError => CodeOfProvider(problem.ProviderStatus),
            ProblemKind.RateLimited => Code.ResourceExhausted,
            ProblemKind.Unavailable => Code.Unavailable,
            ProblemKind.DeadlineExceeded => Code.DeadlineExceeded,
            ProblemKind.Internal => Code.Internal,
            _ => throw new InvalidOperationException($"Unknown kind of problem {problem.Kind}."),
        };

    /// <summary>
    /// A provider's 401 is never UNAUTHENTICATED: some SDKs would renew their own token and call again without end. Its
    /// other failures are UNKNOWN rather than UNAVAILABLE, which invites automatic repeats of writes.
    /// </summary>
    private static Code CodeOfProvider(int? status) =>
        status switch
        {
            400 or 409 or 422 => Code.InvalidArgument,
            401 => Code.FailedPrecondition,
            403 => Code.PermissionDenied,
            404 or 410 => Code.NotFound,
            429 => Code.ResourceExhausted,
            _ => Code.Unknown,
        };

    private static Wire.Errdetails.ErrorInfo InfoOf(Problem problem)
    {
        Wire.Errdetails.ErrorInfo info = new()
        {
            ErrorCode = problem.Kind switch
            {
                ProblemKind.ToolError => ToolErrorCode,
                ProblemKind.RateLimited => RateLimitedCode,
                _ => problem.Code,
            },
        };
        if (problem.Kind == ProblemKind.ToolError)
        {
            info.ToolErrorInfo = new ToolErrorInfo
            {
                ExecutionId = problem.Execution?.ToString() ?? string.Empty,
                ToolErrorCode = problem.Code,
                ToolErrorMessage = problem.Message,
            };
        }
        else if (problem.Execution is { } execution)
        {
            info.RequestInfo = new Wire.Errdetails.RequestInfo { RequestId = execution.ToString() };
        }

        if (problem.Violations.Count > 0)
        {
            info.ValidationErrorInfo = new ValidationErrorInfo();
            info.ValidationErrorInfo.FieldViolations.AddRange(
                problem.Violations.Select(violation => new ValidationErrorInfo.Types.FieldViolation
                {
                    Field = violation.Field,
                    Description = violation.Description,
                    Constraint = violation.Constraint,
                })
            );
        }

        if (problem.AuthorizationLink is { } link)
        {
            info.HelpInfo = new HelpInfo();
            info.HelpInfo.Links.Add(new HelpInfo.Types.Link { Description = "authorization_link", Url = link });
        }

        return info;
    }
}
