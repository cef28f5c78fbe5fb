using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Wire.Errdetails;

namespace Behalf.Server.Api.OpenApi;

/// <summary>
/// The REST API as OpenAPI 3.1, made once from what is mapped: routes from the endpoints, bounds from the rules in front
/// of the services, words from the proto files.
/// </summary>
internal sealed class OpenApiDocument(EndpointDataSource endpoints)
{
    private readonly Lazy<JsonObject> _document = new(() => Write(endpoints.Endpoints));
    private byte[]? _json;

    public JsonObject Document => _document.Value;

    public ReadOnlyMemory<byte> Json =>
        _json ??= JsonSerializer.SerializeToUtf8Bytes(
            Document,
            new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
        );

    private static JsonObject Write(IEnumerable<Endpoint> endpoints)
    {
        ProtoComments comments = ProtoComments.Load();
        SchemaBook book = new(comments);
        OperationWriter operations = new(book, comments);
        IReadOnlyList<RestRoute> routes = RestRoute.Of(endpoints);
        JsonObject paths = [];
        foreach (RestRoute route in routes)
        {
            if (paths[route.Path] is not JsonObject path)
            {
                paths[route.Path] = path = [];
            }

            path[route.Verb.ToLowerInvariant()] = operations.Write(route);
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Behalf",
                ["version"] = VersionOfAssembly(),
                ["description"] =
                    "Connected accounts for multi-user agents: every call runs as the user who asked. The same methods are there over gRPC.",
                ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["identifier"] = "Apache-2.0" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["tags"] = Tags(routes, comments),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["responses"] = new JsonObject { ["Error"] = ErrorResponse() },
                ["schemas"] = WithError(book),
                ["securitySchemes"] = SecuritySchemes.All(),
            },
        };
    }

    private static string VersionOfAssembly() => typeof(OpenApiDocument).Assembly.GetName().Version!.ToString(3);

    private static JsonArray Tags(IReadOnlyList<RestRoute> routes, ProtoComments comments) =>
        [
            .. routes
                .Select(route => route.Method.Service)
                .DistinctBy(service => service.FullName)
                .OrderBy(service => service.Name, StringComparer.Ordinal)
                .Select(service =>
                {
                    JsonObject tag = new() { ["name"] = service.Name };
                    if (comments.Of(service) is { Length: > 0 } text)
                    {
                        tag["description"] = text;
                    }

                    return tag;
                }),
        ];

    private static JsonObject ErrorResponse() =>
        new()
        {
            ["description"] =
                "Refused or failed. The status follows the code; details[0].error_code is stable, message is for people.",
            ["content"] = new JsonObject
            {
                ["application/json"] = new JsonObject
                {
                    ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Error" },
                },
            },
        };

    /// <summary><c>google.rpc.Status</c>, as the official SDKs read it.</summary>
    private static JsonObject WithError(SchemaBook book)
    {
        JsonObject detail = book.Refer(ErrorInfo.Descriptor);
        JsonObject schemas = book.Schemas;
        schemas["Error"] = new JsonObject
        {
            ["type"] = "object",
            ["required"] = new JsonArray("code", "message", "details"),
            ["properties"] = new JsonObject
            {
                ["code"] = new JsonObject { ["type"] = "integer", ["description"] = "A gRPC status code." },
                ["message"] = new JsonObject { ["type"] = "string" },
                ["details"] = new JsonObject { ["type"] = "array", ["items"] = detail },
            },
        };
        return schemas;
    }
}
