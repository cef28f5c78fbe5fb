using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Behalf.Sandbox.OAuth;

namespace Behalf.Sandbox.Api;

/// <summary>From a request to an answer: who calls, whether the token covers the operation, the body, the handler.</summary>
internal sealed partial class ApiPipeline(
    ObjectStore store,
    AccessRules access,
    TokenStore tokens,
    RateLimits limits,
    AppBlocks blocks,
    Renderer renderer,
    Paging paging,
    DownloadLinks links,
    ILogger<ApiPipeline> logger
)
{
    private const string Help =
        "For more information on API status codes and how to handle them, read the docs on errors: https://developers.asana.com/docs/errors";

    /// <summary>As Asana writes: text as it is, escaped no further than JSON needs.</summary>
    public static readonly JsonSerializerOptions Plain = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    public async Task RunAsync(HttpContext http, Operation operation, ApiHandler handler)
    {
        try
        {
            var body = await RequestBody.ReadAsync(http.Request, Strict);
            ApiAnswer answer;
            lock (store.Gate)
            {
                var token = tokens.Authenticate(http.Request);
                http.Items[typeof(AccessToken)] = token;
                limits.Count(token, operation);
                RequireScopes(token.Scopes, operation);
                store.Actor = token.User;
                blocks.Judge(token.Grant?.App);
                try
                {
                    answer = handler(Call(http, token, body));
                }
                finally
                {
                    blocks.Judge(null);
                }
            }
            if (answer.Then is { } then)
            {
                answer = await then(http.RequestAborted);
            }
            if (answer.Location is { } location)
            {
                http.Response.Headers.Location = location;
            }
            await WriteAsync(http, answer.Status, answer.Body);
        }
        catch (Refusal refusal)
        {
            await RefuseAsync(http, refusal);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or BadHttpRequestException))
        {
            Log.Broken(logger, exception, operation.Id);
            await WriteAsync(http, 500, ErrorBody(500, "Server Error"));
        }
    }

    public static Task RefuseAsync(HttpContext http, Refusal refusal)
    {
        if (refusal.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
        return WriteAsync(http, refusal.Status, ErrorBody(refusal.Status, refusal.Message));
    }

    public static JsonObject ErrorBody(int status, string message)
    {
        var error = new JsonObject { ["message"] = message, ["help"] = Help };
        if (status == 500)
        {
            error["phrase"] = "6 sad squid snuggle softly";
        }
        return new JsonObject { ["errors"] = new JsonArray(error) };
    }

    private static Task WriteAsync(HttpContext http, int status, JsonObject body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=UTF-8";
        return http.Response.WriteAsync(body.ToJsonString(Plain), http.RequestAborted);
    }

    private static void RequireScopes(ScopeSet scopes, Operation operation)
    {
        if (scopes.IsFull)
        {
            return;
        }
        if (operation.Scopes.Count == 0)
        {
            throw Refusal.FullPermissionsRequired();
        }
        var missing = operation.Scopes.Where(s => !scopes.Has(s)).ToList();
        if (missing.Count > 0)
        {
            throw Refusal.ScopeMissing("This request", missing);
        }
    }

    private ApiCall Call(HttpContext http, AccessToken token, RequestBody body) =>
        new()
        {
            Http = http,
            User = token.User,
            Scopes = token.Scopes,
            Store = store,
            Access = access,
            Renderer = renderer,
            Paging = paging,
            Links = links,
            Data = new Properties(body.Data),
            Form = body.Form,
            Fields = FieldTree.Parse(
                http.Request.Query["opt_fields"].ToString() is { Length: > 0 } fields ? fields : body.Fields
            ),
        };

    private static partial class Log
    {
        [LoggerMessage(9001, LogLevel.Error, "The practice Asana failed in {Operation}")]
        public static partial void Broken(ILogger logger, Exception exception, string operation);
    }
}
