namespace Behalf.PracticeModel.Protocol;

/// <summary>An error as the Messages API words it: <c>{"type":"error","error":{"type","message"}}</c>.</summary>
internal sealed record ApiError(int Status, string Type, string Message)
{
    public static ApiError InvalidRequest(string message) => new(400, "invalid_request_error", message);

    public static ApiError Authentication(string message) => new(401, "authentication_error", message);

    public static ApiError NotFound(string message) => new(404, "not_found_error", message);

    public static ApiError TooLarge(string message) => new(413, "request_too_large", message);

    /// <summary>The name the API gives to a status, for scripted errors that state only the number.</summary>
    public static string TypeOf(int status) =>
        status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            529 => "overloaded_error",
            >= 500 => "api_error",
            _ => "invalid_request_error",
        };
}
