using Behalf.Wire.Errdetails;
using Grpc.Core;

namespace Behalf.Client.Internal;

/// <summary>The one translation of the wire's errors: <c>grpc-status-details-bin</c> with the server's ErrorInfo.</summary>
internal static class Errors
{
    private const string ToolErrorCode = "TOOL_ERROR";

    /// <summary>Codes whose next step is that the user (re)connects.</summary>
    private static readonly HashSet<string> s_authorizationCodes = new(StringComparer.Ordinal)
    {
        "account_not_active",
        "account_not_connected",
        "authorization_required",
        "not_connected",
        "reconnect_required",
        "scope_missing",
        "scopes_missing",
    };

    public static bool IsUnauthenticated(RpcException exception) =>
        exception.StatusCode == StatusCode.Unauthenticated && ReadInfo(exception)?.ErrorCode != ToolErrorCode;

    public static BehalfException Unreachable(Uri server, HttpRequestException inner)
    {
        var origin = server.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        var message = inner.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => $"There is no host of the name in {origin}.",
            HttpRequestError.ConnectionError => $"No server answers at {origin}.",
            HttpRequestError.SecureConnectionError =>
                $"The certificate of {origin} is not trusted by this machine: {(inner.InnerException ?? inner).Message}",
            _ => $"{origin} does not answer as a Behalf server does: {inner.Message}",
        };
        return new BehalfException("unreachable", message, inner) { Kind = BehalfErrorKind.Unavailable };
    }

    public static BehalfException Read(RpcException exception, Uri server)
    {
        var info = ReadInfo(exception);
        if (
            info is null
            && exception.StatusCode == StatusCode.Unavailable
            && exception.InnerException is HttpRequestException unreachable
        )
        {
            return Unreachable(server, unreachable);
        }
        var isToolError = info?.ErrorCode == ToolErrorCode;
        var tool = info?.ToolErrorInfo;
        var code =
            isToolError && tool is { ToolErrorCode.Length: > 0 } ? tool.ToolErrorCode
            : info is { ErrorCode.Length: > 0 } ? info.ErrorCode.ToLowerInvariant()
            : Name(exception.StatusCode);
        var message =
            isToolError && tool is { ToolErrorMessage.Length: > 0 } ? tool.ToolErrorMessage
            : exception.Status.Detail.Length > 0 ? exception.Status.Detail
            : $"The server answered {Name(exception.StatusCode)}.";
        var link = ReadLink(info);
        return new BehalfException(code, message, exception)
        {
            Kind = isToolError ? BehalfErrorKind.ToolError : KindOf(exception.StatusCode),
            ExecutionId =
                tool is { ExecutionId.Length: > 0 } ? tool.ExecutionId
                : info?.RequestInfo is { RequestId.Length: > 0 } request ? request.RequestId
                : null,
            Violations =
            [
                .. (info?.ValidationErrorInfo?.FieldViolations ?? []).Select(violation => new FieldViolation(
                    violation.Field,
                    violation.Description,
                    violation.Constraint
                )),
            ],
            NeedsAuthorization = link is not null || s_authorizationCodes.Contains(code),
            AuthorizationLink = link,
            RetryAfter = exception.GetRpcStatus()?.GetDetail<Google.Rpc.RetryInfo>()?.RetryDelay?.ToTimeSpan(),
        };
    }

    private static ErrorInfo? ReadInfo(RpcException exception) => exception.GetRpcStatus()?.GetDetail<ErrorInfo>();

    private static Uri? ReadLink(ErrorInfo? info) =>
        info
            ?.HelpInfo?.Links.Select(link => Uri.TryCreate(link.Url, UriKind.Absolute, out var url) ? url : null)
            .FirstOrDefault(url => url is { Scheme: "https" or "http" });

    private static BehalfErrorKind KindOf(StatusCode status) =>
        status switch
        {
            StatusCode.InvalidArgument or StatusCode.OutOfRange => BehalfErrorKind.InvalidArgument,
            StatusCode.Unauthenticated => BehalfErrorKind.Unauthenticated,
            StatusCode.PermissionDenied => BehalfErrorKind.Forbidden,
            StatusCode.NotFound => BehalfErrorKind.NotFound,
            StatusCode.AlreadyExists or StatusCode.Aborted => BehalfErrorKind.AlreadyExists,
            StatusCode.FailedPrecondition => BehalfErrorKind.FailedPrecondition,
            StatusCode.ResourceExhausted => BehalfErrorKind.RateLimited,
            StatusCode.Unavailable => BehalfErrorKind.Unavailable,
            StatusCode.DeadlineExceeded => BehalfErrorKind.DeadlineExceeded,
            _ => BehalfErrorKind.Internal,
        };

    private static string Name(StatusCode status) =>
        status switch
        {
            StatusCode.InvalidArgument => "invalid_argument",
            StatusCode.Unauthenticated => "unauthenticated",
            StatusCode.PermissionDenied => "permission_denied",
            StatusCode.NotFound => "not_found",
            StatusCode.AlreadyExists => "already_exists",
            StatusCode.FailedPrecondition => "failed_precondition",
            StatusCode.ResourceExhausted => "rate_limited",
            StatusCode.Unavailable => "unavailable",
            StatusCode.DeadlineExceeded => "deadline_exceeded",
            StatusCode.Unimplemented => "unimplemented",
            StatusCode.Cancelled => "cancelled",
            StatusCode.Aborted => "aborted",
            StatusCode.OutOfRange => "out_of_range",
            _ => "internal",
        };
}
