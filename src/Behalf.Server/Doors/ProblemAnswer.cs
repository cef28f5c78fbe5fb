using System.Globalization;
using Google.Protobuf;
using Grpc.Core;

namespace Behalf.Server.Doors;

/// <summary>Answers a request with a problem before any service has seen it, in the words of its protocol.</summary>
internal static class ProblemAnswer
{
    public const string DetailsTrailer = "grpc-status-details-bin";

    private static readonly JsonFormatter Json = new(
        JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true).WithTypeRegistry(WireTypes.Errors)
    );

    public static bool IsGrpc(HttpContext http) =>
        http.Request.ContentType is { } type && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase);

    public static Task WriteAsync(HttpContext http, Problem problem)
    {
        AddHeaders(http, problem);
        return WriteAsync(http, ProblemStatus.From(problem, SdkHabits.ReadsToolErrors(http)));
    }

    /// <param name="challenge">A whole <c>WWW-Authenticate</c> of the endpoint's own.</param>
    public static Task WriteAsync(HttpContext http, Problem problem, string challenge)
    {
        AddHeaders(http, problem);
        http.Response.Headers.WWWAuthenticate = challenge;
        return WriteAsync(http, ProblemStatus.From(problem, SdkHabits.ReadsToolErrors(http)));
    }

    public static Task WriteAsync(HttpContext http, Google.Rpc.Status status) =>
        IsGrpc(http) ? WriteGrpc(http, status) : WriteJsonAsync(http, status);

    /// <summary>For services: the same problem as an exception that the gRPC library turns into status and trailers.</summary>
    public static RpcException ToException(HttpContext http, Problem problem)
    {
        AddHeaders(http, problem);
        return ProblemStatus.From(problem, SdkHabits.ReadsToolErrors(http)).ToRpcException();
    }

    private static void AddHeaders(HttpContext http, Problem problem)
    {
        if (http.Response.HasStarted)
        {
            return;
        }

        if (problem.Kind == ProblemKind.Unauthenticated)
        {
            // RFC 6750 §3
            http.Response.Headers.WWWAuthenticate =
                problem.Code == "unauthenticated" ? "Bearer" : "Bearer error=\"invalid_token\"";
        }

        if (problem.RetryAfter is { } wait)
        {
            double seconds = Math.Max(1, Math.Ceiling(wait.TotalSeconds));
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>A response of trailers only: they stand in the headers.</summary>
    private static Task WriteGrpc(HttpContext http, Google.Rpc.Status status)
    {
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = "application/grpc";
        http.Response.Headers["grpc-status"] = status.Code.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers["grpc-message"] = Uri.EscapeDataString(status.Message);
        http.Response.Headers[DetailsTrailer] = Convert.ToBase64String(status.ToByteArray()).TrimEnd('=');
        return Task.CompletedTask;
    }

    private static Task WriteJsonAsync(HttpContext http, Google.Rpc.Status status)
    {
        http.Response.StatusCode = ProblemStatus.HttpStatusOf(status.Code);
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsync(Json.Format(status), http.RequestAborted);
    }
}
