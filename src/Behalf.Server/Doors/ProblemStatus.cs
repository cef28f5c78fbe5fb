using Behalf.Connectors.Steps;
using Behalf.Wire.Errdetails;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;

namespace Behalf.Server.Doors;

/// <summary>The one translation of a problem into <c>google.rpc.Status</c>, for gRPC and JSON alike.</summary>
internal static class ProblemStatus
{
    private const string ToolErrorCode = "TOOL_ERROR";
    private const string RateLimitedCode = "RATE_LIMITED";

    /// <param name="readsToolErrors">Whether the caller tells a tool's missing credential from its own.</param>
    public static Google.Rpc.Status From(Problem problem, bool readsToolErrors)
    {
        Google.Rpc.Status status = new() { Code = (int)CodeOf(problem, readsToolErrors), Message = problem.Message };
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

    private static Code CodeOf(Problem problem, bool readsToolErrors) =>
        problem.Kind switch
        {
            ProblemKind.InvalidArgument => Code.InvalidArgument,
            ProblemKind.Unauthenticated => Code.Unauthenticated,
            ProblemKind.Forbidden => Code.PermissionDenied,
            ProblemKind.NotFound => Code.NotFound,
            ProblemKind.AlreadyExists => Code.AlreadyExists,
            ProblemKind.FailedPrecondition => Code.FailedPrecondition,
            // Whether the provider refused the credential or there is none left to send: the user has to connect again.
            ProblemKind.ToolError when problem is { ProviderStatus: null or 401, Code: FaultKinds.ReconnectRequired } =>
                readsToolErrors ? Code.Unauthenticated : Code.FailedPrecondition,
            ProblemKind.ToolError => problem.ProviderStatus is { } status
                ? CodeOfProvider(status)
                : CodeOfTool(problem.Code),
            ProblemKind.RateLimited => Code.ResourceExhausted,
            ProblemKind.Unavailable => Code.Unavailable,
            ProblemKind.DeadlineExceeded => Code.DeadlineExceeded,
            ProblemKind.Internal => Code.Internal,
            _ => throw new InvalidOperationException($"Unknown kind of problem {problem.Kind}."),
        };

    /// <summary>What a tool found by itself: a value it cannot send, a name that fits nothing or several things.</summary>
    private static Code CodeOfTool(string kind) =>
        kind switch
        {
            FaultKinds.InvalidInput => Code.InvalidArgument,
            FaultKinds.NotFound => Code.NotFound,
            FaultKinds.NoPermission or FaultKinds.ScopeMissing or FaultKinds.AppBlocked => Code.PermissionDenied,
            FaultKinds.Ambiguous or FaultKinds.PlanRequired => Code.FailedPrecondition,
            FaultKinds.RateLimited => Code.ResourceExhausted,
            _ => Code.Unknown,
        };

    /// <summary>
    /// A provider's 5xx is UNKNOWN rather than UNAVAILABLE, which invites automatic repeats of writes; its 401 is
    /// UNAUTHENTICATED only to those who do not take it for their own.
    /// </summary>
    private static Code CodeOfProvider(int status) =>
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
