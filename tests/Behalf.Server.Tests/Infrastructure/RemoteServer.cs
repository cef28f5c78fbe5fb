using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.AspNetCore;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>
/// A real MCP server (the SDK's) with an authorization server of its own on one loopback port: protected-resource and
/// server metadata, registration, codes with PKCE, tokens for exactly this resource. It says who called.
/// </summary>
internal sealed class RemoteServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Code> _codes = new();
    private readonly ConcurrentDictionary<string, (string User, string Scope)> _tokens = new();
    private readonly ConcurrentDictionary<string, string> _clients = new();
    private int _issued;

    private RemoteServer(WebApplication app) => _app = app;

    public string Origin { get; private set; } = "";

    public string Url => $"{Origin}/mcp";

    /// <value>What it offers; a test may change it.</value>
    public List<Tool> Tools { get; } = [];

    /// <value>User and tool of each call that was let in.</value>
    public ConcurrentQueue<string> Calls { get; } = new();

    public ConcurrentQueue<JsonNode> Registrations { get; } = new();

    /// <value>Methods that it asks of its client in the middle of each call, before the answer.</value>
    public string[] Asks { get; set; } = [];

    /// <value>Everything that was posted to it.</value>
    public ConcurrentQueue<JsonNode> Messages { get; } = new();

    /// <value>Of the token endpoint.</value>
    public ConcurrentQueue<Dictionary<string, string>> TokenRequests { get; } = new();

    /// <value>Changes a metadata document before it is served.</value>
    public Action<string, JsonObject> Spoil { get; set; } = (_, _) => { };

    /// <value>The <c>iss</c> of its authorization responses; null: none.</value>
    public Func<RemoteServer, string?> Issuer { get; set; } = server => server.Origin;

    /// <value>A scope that calls need beyond the one it challenges with; null: none.</value>
    public string? Needed { get; set; }

    /// <value>Arguments that came in headers of their own.</value>
    public ConcurrentQueue<string> ParameterHeaders { get; } = new();

    /// <value>What the tool <c>ask</c> asks the person: a form's properties.</value>
    public string Form { get; set; } =
        """{"size":{"type":"string","enum":["small","large"],"default":"small"},"note":{"type":"string"}}""";

    /// <value>Of the tool <c>ask</c>; has to come back exactly as it is.</value>
    public const string State = """ {"nonce" : "grüezi"} """;

    /// <param name="mode">Stateless speaks both generations; stateful only the older one.</param>
    public static async Task<RemoteServer> StartAsync(HttpServerSessionMode mode)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        RemoteServer? self = null;
        builder
            .Services.AddMcpServer()
            .WithHttpTransport(transport => transport.SessionMode = mode)
            .WithListToolsHandler((_, _) => ValueTask.FromResult(new ListToolsResult { Tools = [.. self!.Tools] }))
            .WithCallToolHandler(
                (call, stop) =>
                    call.Params!.Name == "ask"
                        ? self!.AskAsync(call, stop)
                        : ValueTask.FromResult(self!.Call(call.User?.Identity?.Name, call.Params!))
            );
        WebApplication app = builder.Build();
        self = new RemoteServer(app);
        app.Use(self.AuthenticateAsync);
        app.MapMcp("/mcp");
        app.MapGet("/.well-known/oauth-protected-resource/mcp", self.ResourceAsync);
        app.MapGet("/.well-known/oauth-authorization-server", self.MetadataAsync);
        app.MapPost("/register", self.RegisterAsync);
        app.MapGet("/authorize", self.Authorize);
        app.MapPost("/token", self.TokenAsync);
        await app.StartAsync();
        self.Origin = app.Urls.Single();
        return self;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    public static Tool ToolOf(string name, string description, string schema, bool readOnly) =>
        new()
        {
            Name = name,
            Description = description,
            InputSchema = JsonSerializer.Deserialize<JsonElement>(schema),
            Annotations = new ToolAnnotations { ReadOnlyHint = readOnly, DestructiveHint = false },
        };

    private CallToolResult Call(string? user, CallToolRequestParams call)
    {
        Calls.Enqueue($"{user} {call.Name} {JsonSerializer.Serialize(call.Arguments)}");
        return call.Name == "fail"
            ? new CallToolResult { IsError = true, Content = [new TextContentBlock { Text = "No such issue.\u202E" }] }
            : new CallToolResult
            {
                Content =
                [
                    new TextContentBlock { Text = JsonSerializer.Serialize(new { user, arguments = call.Arguments }) },
                ],
            };
    }

    /// <summary>Asks by an input-required result, or, in a session, in the middle of the call.</summary>
    private async ValueTask<CallToolResult> AskAsync(
        RequestContext<CallToolRequestParams> call,
        CancellationToken cancellationToken
    )
    {
        Calls.Enqueue($"{call.User?.Identity?.Name} ask");
        ElicitRequestParams question = new()
        {
            Message = "Which size?\u202E",
            RequestedSchema = JsonSerializer.Deserialize<ElicitRequestParams.RequestSchema>(
                $$"""{"type":"object","properties":{{Form}}}""",
                McpJsonUtilities.DefaultOptions
            ),
        };
        if (call.Server.SessionId is not null)
        {
            ElicitResult said = await call.Server.ElicitAsync(question, cancellationToken);
            return Told(new { said.Action, said.Content });
        }

        return call.Params!.InputResponses?.TryGetValue("size", out InputResponse? given) == true
            ? Told(new { Answer = given.RawValue, State = call.Params.RequestState })
            : throw new InputRequiredException(
                new Dictionary<string, InputRequest> { ["size"] = InputRequest.ForElicitation(question) },
                State
            );
    }

    private static CallToolResult Told(object what) =>
        new() { Content = [new TextContentBlock { Text = JsonSerializer.Serialize(what, JsonSerializerOptions.Web) }] };

    private async Task AuthenticateAsync(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.Path.StartsWithSegments("/mcp", StringComparison.Ordinal))
        {
            await next(context);
            return;
        }

        string header = context.Request.Headers.Authorization.ToString();
        if (
            !header.StartsWith("Bearer ", StringComparison.Ordinal)
            || !_tokens.TryGetValue(header[7..], out (string User, string Scope) token)
        )
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate =
                $"Bearer resource_metadata=\"{Origin}/.well-known/oauth-protected-resource/mcp\", scope=\"issues\"";
            return;
        }

        if (Needed is { } needed && !token.Scope.Split(' ').Contains(needed))
        {
            context.Response.StatusCode = 403;
            context.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{needed}\"";
            return;
        }

        foreach (
            (string name, Microsoft.Extensions.Primitives.StringValues value) in context.Request.Headers.Where(one =>
                one.Key.StartsWith("Mcp-Param-", StringComparison.OrdinalIgnoreCase)
            )
        )
        {
            ParameterHeaders.Enqueue($"{name}: {value}");
        }

        string user = token.User;
        context.User = new(
            new ClaimsIdentity([new("name", user), new(ClaimTypes.NameIdentifier, user)], "test", "name", null)
        );
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await next(context);
            return;
        }

        context.Request.EnableBuffering();
        JsonNode message = (await JsonNode.ParseAsync(context.Request.Body))!;
        context.Request.Body.Position = 0;
        Messages.Enqueue(message);
        if (Asks.Length > 0 && message["method"]?.GetValue<string>() == "tools/call")
        {
            await AskAsync(context, message);
            return;
        }

        await next(context);
    }

    private async Task AskAsync(HttpContext context, JsonNode call)
    {
        context.Response.ContentType = "text/event-stream";
        JsonObject result = new()
        {
            ["resultType"] = "complete",
            ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = """{"answered":true}""" }),
        };
        foreach (
            JsonObject message in Asks.Select(method => new JsonObject
                {
                    ["jsonrpc"] = "2.0",
                    ["id"] = method,
                    ["method"] = method,
                    ["params"] = new JsonObject { ["message"] = "Your password?", ["messages"] = new JsonArray() },
                })
                .Append(
                    new JsonObject
                    {
                        ["jsonrpc"] = "2.0",
                        ["id"] = call["id"]!.DeepClone(),
                        ["result"] = result,
                    }
                )
        )
        {
            await context.Response.WriteAsync($"event: message\ndata: {message.ToJsonString()}\n\n");
            await context.Response.Body.FlushAsync();
        }
    }

    private Task ResourceAsync(HttpContext context) =>
        WriteAsync(
            context,
            "resource",
            new JsonObject { ["resource"] = Url, ["authorization_servers"] = new JsonArray(Origin) }
        );

    private Task MetadataAsync(HttpContext context) =>
        WriteAsync(
            context,
            "metadata",
            new JsonObject
            {
                ["issuer"] = Origin,
                ["authorization_endpoint"] = $"{Origin}/authorize",
                ["token_endpoint"] = $"{Origin}/token",
                ["registration_endpoint"] = $"{Origin}/register",
                ["code_challenge_methods_supported"] = new JsonArray("S256"),
                ["token_endpoint_auth_methods_supported"] = new JsonArray("client_secret_post"),
                ["authorization_response_iss_parameter_supported"] = true,
            }
        );

    private Task WriteAsync(HttpContext context, string which, JsonObject document)
    {
        Spoil(which, document);
        return context.Response.WriteAsJsonAsync(document);
    }

    private async Task RegisterAsync(HttpContext context)
    {
        JsonNode asked = (await JsonNode.ParseAsync(context.Request.Body))!;
        Registrations.Enqueue(asked);
        string id = $"client-{Interlocked.Increment(ref _issued)}";
        _clients[id] = $"secret-of-{id}";
        JsonObject answer = asked.DeepClone().AsObject();
        answer["client_id"] = id;
        answer["client_secret"] = _clients[id];
        context.Response.StatusCode = 201;
        await context.Response.WriteAsJsonAsync(answer);
    }

    private IResult Authorize(HttpRequest request)
    {
        string code = $"code-{Interlocked.Increment(ref _issued)}-of-the-remote-server";
        if (request.Query["resource"] != Url || request.Query["code_challenge_method"] != "S256")
        {
            return Results.BadRequest("resource or PKCE");
        }

        _codes[code] = new Code(
            request.Query["login"]!,
            request.Query["code_challenge"]!,
            request.Query["client_id"]!,
            request.Query["scope"].ToString()
        );
        string issuer = Issuer(this) is { } named ? $"&iss={Uri.EscapeDataString(named)}" : "";
        return Results.Redirect(
            $"{request.Query["redirect_uri"]}?code={code}&state={Uri.EscapeDataString(request.Query["state"]!)}{issuer}"
        );
    }

    private async Task TokenAsync(HttpContext context)
    {
        IFormCollection form = await context.Request.ReadFormAsync();
        TokenRequests.Enqueue(form.ToDictionary(pair => pair.Key, pair => pair.Value.ToString()));
        bool isClient = _clients.TryGetValue(form["client_id"]!, out string? secret) && form["client_secret"] == secret;
        if (
            !isClient
            || form["resource"] != Url
            || !_codes.TryRemove(form["code"].ToString(), out Code? code)
            || code.Client != form["client_id"]
            || code.Challenge != ChallengeOf(form["code_verifier"]!)
        )
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsJsonAsync(new { error = "invalid_grant" });
            return;
        }

        string token = $"token-{Interlocked.Increment(ref _issued)}-of-the-remote-server";
        _tokens[token] = (code.User, code.Scope);
        await context.Response.WriteAsJsonAsync(
            new
            {
                access_token = token,
                token_type = "Bearer",
                expires_in = 3600,
                scope = code.Scope,
            }
        );
    }

    private static string ChallengeOf(string verifier) =>
        Convert
            .ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)))
            .TrimEnd('=')
            .Replace('+', '-')
            .Replace('/', '_');

    private sealed record Code(string User, string Challenge, string Client, string Scope);
}
