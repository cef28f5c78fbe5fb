using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;

namespace Behalf.Server.Api.OpenApi;

/// <summary>One route as an OpenAPI operation.</summary>
internal sealed class OperationWriter(SchemaBook book, ProtoComments comments)
{
    private const string Unavailable = "Part of the contract; this server answers 501.";

    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    public JsonObject Write(RestRoute route)
    {
        MethodDescriptor method = route.Method;
        JsonObject operation = new()
        {
            ["operationId"] = IdOf(method),
            ["tags"] = new JsonArray(method.Service.Name),
            ["summary"] = method.Name,
        };
        string description = string.Join(
            ' ',
            new[] { comments.Of(method), route.IsAvailable ? string.Empty : Unavailable }.Where(t => t.Length > 0)
        );
        if (description.Length > 0)
        {
            operation["description"] = description;
        }

        JsonArray parameters = [.. PathParameters(route), .. QueryParameters(route), .. Headers(method)];
        if (parameters.Count > 0)
        {
            operation["parameters"] = parameters;
        }

        if (route.Body.Length > 0)
        {
            JsonObject body =
                route.Body == "*"
                    ? book.Rest(method.InputType, route.PathFields)
                    : book.Field(method.InputType.FindFieldByName(route.Body));
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Json(body) };
        }

        operation["responses"] = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = "Done.",
                ["content"] = Json(WellKnownSchema.Of(method.OutputType) ?? book.Refer(method.OutputType)),
            },
            ["default"] = new JsonObject { ["$ref"] = "#/components/responses/Error" },
        };
        operation["security"] = new JsonArray([.. route.Kinds.Select(kind => SecuritySchemes.Requirement(kind))]);
        return operation;
    }

    private string IdOf(MethodDescriptor method)
    {
        string id = $"{method.Service.Name}_{method.Name}";
        for (int binding = 2; !_ids.Add(id); binding++)
        {
            id = $"{method.Service.Name}_{method.Name}_{binding}";
        }

        return id;
    }

    private IEnumerable<JsonNode> PathParameters(RestRoute route)
    {
        foreach (string path in route.PathFields)
        {
            FieldDescriptor field = Find(route.Method.InputType, path);
            yield return new JsonObject
            {
                ["name"] = path,
                ["in"] = "path",
                ["required"] = true,
                ["schema"] = book.Field(field),
            };
        }
    }

    /// <summary>Every field of the request that is in neither path nor body, those of nested messages with dots.</summary>
    private IEnumerable<JsonNode> QueryParameters(RestRoute route) =>
        route.Body == "*" ? [] : QueryParameters(route.Method.InputType, string.Empty, route, []);

    private IEnumerable<JsonNode> QueryParameters(
        MessageDescriptor message,
        string prefix,
        RestRoute route,
        IReadOnlyList<MessageDescriptor> above
    )
    {
        foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
        {
            string path = prefix + field.Name;
            if (route.PathFields.Contains(path, StringComparer.Ordinal) || path == route.Body || field.IsMap)
            {
                continue;
            }

            if (field.FieldType != FieldType.Message || WellKnownSchema.FitsQuery(field.MessageType))
            {
                JsonObject parameter = new()
                {
                    ["name"] = path,
                    ["in"] = "query",
                    ["schema"] = book.Field(field),
                };
                if (above.Count == 0 && SchemaBook.IsRequired(field))
                {
                    parameter["required"] = true;
                }

                yield return parameter;
            }
            else if (!field.IsRepeated && WellKnownSchema.Of(field.MessageType) is null && !above.Contains(message))
            {
                foreach (JsonNode nested in QueryParameters(field.MessageType, path + ".", route, [.. above, message]))
                {
                    yield return nested;
                }
            }
        }
    }

    /// <summary>What the message itself has no place for.</summary>
    private static IEnumerable<JsonNode> Headers(MethodDescriptor method)
    {
        if (method.InputType.FullName == "scalekit.v1.tools.ExecuteToolRequest")
        {
            yield return new JsonObject
            {
                ["name"] = ExecuteCall.KeyHeader,
                ["in"] = "header",
                ["schema"] = new JsonObject
                {
                    ["type"] = "string",
                    ["minLength"] = 1,
                    ["maxLength"] = 255,
                    ["description"] = "Calls with the same key within 24 hours run once and share the answer.",
                },
            };
        }
    }

    private static FieldDescriptor Find(MessageDescriptor message, string path)
    {
        FieldDescriptor? field = null;
        foreach (string name in path.Split('.'))
        {
            field = (field?.MessageType ?? message).FindFieldByName(name);
        }

        return field ?? throw new InvalidOperationException($"{message.FullName} has no field {path}.");
    }

    private static JsonObject Json(JsonObject schema) =>
        new() { ["application/json"] = new JsonObject { ["schema"] = schema } };
}
