using System.Text;
using System.Text.Json;

namespace Behalf.Server.Doors;

/// <summary>Errors of the token endpoint (RFC 6749 §5.2).</summary>
internal static class OAuthError
{
    public static IResult From(Problem problem) =>
        problem.Kind switch
        {
            ProblemKind.Unauthenticated => new Answer(StatusCodes.Status401Unauthorized, "invalid_client", problem),
            ProblemKind.RateLimited => new Answer(StatusCodes.Status429TooManyRequests, "slow_down", problem),
            ProblemKind.Unavailable => new Answer(
                StatusCodes.Status503ServiceUnavailable,
                "temporarily_unavailable",
                problem
            ),
            _ => new Answer(StatusCodes.Status400BadRequest, problem.Code, problem),
        };

    private sealed class Answer(int status, string error, Problem problem) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            HttpResponse response = httpContext.Response;
            response.StatusCode = status;
            response.ContentType = "application/json";
            response.Headers.CacheControl = "no-store";
            if (status == StatusCodes.Status401Unauthorized)
            {
                response.Headers.WWWAuthenticate = "Basic realm=\"behalf\"";
            }

            if (problem.RetryAfter is { } wait)
            {
                response.Headers.RetryAfter = ((int)Math.Max(1, Math.Ceiling(wait.TotalSeconds))).ToString();
            }

            using MemoryStream buffer = new();
            await using (Utf8JsonWriter writer = new(buffer))
            {
                writer.WriteStartObject();
                writer.WriteString("error", error);
                writer.WriteString("error_description", problem.Message);
                writer.WriteEndObject();
            }

            await response.WriteAsync(Encoding.UTF8.GetString(buffer.ToArray()), httpContext.RequestAborted);
        }
    }
}
