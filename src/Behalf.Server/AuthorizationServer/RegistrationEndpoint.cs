using System.Globalization;
using System.Text.Json.Nodes;
using Behalf.Identity;
using Behalf.Registration;
using Behalf.Server.Doors;

namespace Behalf.Server.AuthorizationServer;

/// <summary><c>POST /oauth/register</c>: dynamic client registration (RFC 7591), public clients only.</summary>
internal sealed class RegistrationEndpoint(IClientRegistry clients, AskedEnvironments environments)
{
    private const int MaxBytes = 16 * 1024;

    public static void Map(WebApplication app)
    {
        RegistrationEndpoint endpoint = app.Services.GetRequiredService<RegistrationEndpoint>();
        app.MapPost(ServerPaths.Registration, endpoint.RegisterAsync).WithDisplayName("client registration");
    }

    [OpenToAll("A client that registers has no credential yet; registrations are limited and expire.")]
    private async Task RegisterAsync(HttpContext http)
    {
        if (await ReadAsync(http) is not { } body)
        {
            await AnswerAsync(
                http,
                Problem.Invalid("invalid_client_metadata", $"Send JSON of at most {MaxBytes} bytes.")
            );
            return;
        }

        DeploymentEnvironment environment = await environments.OfAsync(http);
        Result<OAuthClient> registered = await clients.RegisterAsync(
            environment.Id,
            body,
            RequestSource.Of(http),
            http.RequestAborted
        );
        if (!registered.Succeeded)
        {
            await AnswerAsync(http, registered.Problem);
            return;
        }

        OAuthClient client = registered.Value;
        JsonNode sent = JsonNode.Parse(body.Span)!;
        JsonObject answer = new()
        {
            ["client_id"] = client.ClientId,
            ["client_id_issued_at"] = client.CreatedAt.ToUnixTimeSeconds(),
            ["client_name"] = client.Name,
            ["redirect_uris"] = new JsonArray([.. client.RedirectUris.Select(uri => (JsonNode)uri)]),
            ["token_endpoint_auth_method"] = "none",
            ["grant_types"] = new JsonArray("authorization_code", "refresh_token"),
            ["response_types"] = new JsonArray("code"),
        };
        if (sent["application_type"] is JsonValue type)
        {
            answer["application_type"] = type.DeepClone();
        }

        await WriteAsync(http, StatusCodes.Status201Created, answer);
    }

    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContext http)
    {
        if (!http.Request.HasJsonContentType() || http.Request.ContentLength > MaxBytes)
        {
            return null;
        }

        byte[] buffer = new byte[MaxBytes + 1];
        int length = await http.Request.Body.ReadAtLeastAsync(
            buffer,
            buffer.Length,
            throwOnEndOfStream: false,
            http.RequestAborted
        );
        return length <= MaxBytes ? buffer.AsMemory(0, length) : null;
    }

    private static Task AnswerAsync(HttpContext http, Problem problem)
    {
        if (problem.RetryAfter is { } wait)
        {
            http.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(
                CultureInfo.InvariantCulture
            );
        }

        return WriteAsync(
            http,
            problem.Kind switch
            {
                ProblemKind.RateLimited => StatusCodes.Status429TooManyRequests,
                ProblemKind.Forbidden => StatusCodes.Status403Forbidden,
                _ => StatusCodes.Status400BadRequest,
            },
            new JsonObject { ["error"] = problem.Code, ["error_description"] = problem.Message }
        );
    }

    private static Task WriteAsync(HttpContext http, int status, JsonObject body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsync(body.ToJsonString(), http.RequestAborted);
    }
}
