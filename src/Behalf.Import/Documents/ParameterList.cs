using System.Text.Json;

namespace Behalf.Import.Documents;

/// <summary>Reads what one operation takes: parameters and body, of either version.</summary>
internal static class ParameterList
{
    private const int MaxParameters = 300;

    private static readonly Dictionary<string, ParameterPlace> Places = new(StringComparer.Ordinal)
    {
        ["path"] = ParameterPlace.Path,
        ["query"] = ParameterPlace.Query,
        ["header"] = ParameterPlace.Header,
        ["cookie"] = ParameterPlace.Cookie,
        ["formData"] = ParameterPlace.Form,
    };

    /// <summary>Those of the path's item, each replaced by the operation's own of the same name and place.</summary>
    /// <exception cref="NotRepresentable">A reference that leads nowhere, or too many of them.</exception>
    public static IReadOnlyList<ApiParameter> Of(ApiDocument document, ApiOperation operation)
    {
        Dictionary<(string, ParameterPlace), ApiParameter> parameters = [];
        foreach (JsonElement element in Elements(document, operation))
        {
            if (
                Json.TextOf(element, "name") is { Length: > 0 } name
                && Json.TextOf(element, "in") is { } text
                && Places.TryGetValue(text, out ParameterPlace place)
            )
            {
                parameters[(name, place)] = document.IsSwagger
                    ? Swagger(element, name, place)
                    : OpenApi(element, name, place);
            }
        }

        return parameters.Count <= MaxParameters
            ? [.. parameters.Values]
            : throw new NotRepresentable($"it takes more than {MaxParameters} parameters");
    }

    /// <returns>Null: it takes no body.</returns>
    public static ApiBody? Body(ApiDocument document, ApiOperation operation, IReadOnlyList<ApiParameter> parameters) =>
        document.IsSwagger ? SwaggerBody(document, operation, parameters) : OpenApiBody(document, operation);

    private static IEnumerable<JsonElement> Elements(ApiDocument document, ApiOperation operation) =>
        Json.Items(Json.Member(operation.PathItem, "parameters"))
            .Concat(Json.Items(Json.Member(operation.Element, "parameters")))
            .Take(MaxParameters * 2)
            .Select(document.Follow);

    private static ApiParameter OpenApi(JsonElement element, string name, ParameterPlace place)
    {
        string style = Json.TextOf(element, "style") ?? (place == ParameterPlace.Query ? "form" : "simple");
        bool explodes = Json.Member(element, "explode") is { } explode
            ? explode.ValueKind == JsonValueKind.True
            : style == "form";
        return new ApiParameter
        {
            Name = name,
            Place = place,
            IsRequired = Json.IsTrue(element, "required"),
            Description = Json.TextOf(element, "description"),
            Schema = Json.Member(element, "schema"),
            Style =
                style == "deepObject" ? ListStyle.Bracketed
                : explodes && place == ParameterPlace.Query ? ListStyle.Repeated
                : ListStyle.Joined,
            Separator = style switch
            {
                "spaceDelimited" => " ",
                "pipeDelimited" => "|",
                _ => ",",
            },
        };
    }

    /// <summary>2.0 writes the schema's words into the parameter itself.</summary>
    private static ApiParameter Swagger(JsonElement element, string name, ParameterPlace place)
    {
        string format = Json.TextOf(element, "collectionFormat") ?? "csv";
        return new ApiParameter
        {
            Name = name,
            Place = place,
            IsRequired = Json.IsTrue(element, "required"),
            Description = Json.TextOf(element, "description"),
            Schema = element,
            Style = format == "multi" ? ListStyle.Repeated : ListStyle.Joined,
            Separator = format switch
            {
                "ssv" => " ",
                "tsv" => "\t",
                "pipes" => "|",
                _ => ",",
            },
        };
    }

    private static ApiBody? OpenApiBody(ApiDocument document, ApiOperation operation)
    {
        if (Json.Member(operation.Element, "requestBody") is not { } element)
        {
            return null;
        }

        JsonElement body = document.Follow(element);
        bool isRequired = Json.IsTrue(body, "required");
        List<JsonProperty> types = [.. Json.Members(Json.Member(body, "content")).Take(50)];
        foreach (BodyKind kind in (BodyKind[])[BodyKind.Json, BodyKind.Form, BodyKind.Multipart])
        {
            if (types.FindIndex(type => KindOf(type.Name) == kind) is var index and >= 0)
            {
                return new ApiBody(
                    kind,
                    Json.Member(types[index].Value, "schema"),
                    [],
                    Bracketed(types[index].Value),
                    isRequired
                );
            }
        }

        return types.Count == 0 ? null : new ApiBody(BodyKind.Other, null, [], Bracketed(default), isRequired);
    }

    private static HashSet<string> Bracketed(JsonElement mediaType) =>
        Json.Members(Json.Member(mediaType, "encoding"))
            .Where(field => Json.TextOf(field.Value, "style") == "deepObject")
            .Select(field => field.Name)
            .ToHashSet(StringComparer.Ordinal);

    private static ApiBody? SwaggerBody(
        ApiDocument document,
        ApiOperation operation,
        IReadOnlyList<ApiParameter> parameters
    )
    {
        JsonElement? body = null;
        foreach (JsonElement element in Elements(document, operation))
        {
            if (Json.TextOf(element, "in") == "body")
            {
                body = element;
            }
        }

        ApiParameter[] fields = [.. parameters.Where(parameter => parameter.Place == ParameterPlace.Form)];
        if (body is null && fields.Length == 0)
        {
            return null;
        }

        string[] types =
        [
            .. Json.Texts(Json.Member(operation.Element, "consumes") ?? Json.Member(document.Root, "consumes"))
                .Take(50),
        ];
        if (body is { } json)
        {
            bool isJson = types.Length == 0 || types.Any(type => KindOf(type) == BodyKind.Json);
            return new ApiBody(
                isJson ? BodyKind.Json : BodyKind.Other,
                Json.Member(json, "schema"),
                [],
                Bracketed(default),
                Json.IsTrue(json, "required")
            );
        }

        bool isMultipart =
            types.Any(type => KindOf(type) == BodyKind.Multipart) && !types.Any(type => KindOf(type) == BodyKind.Form);
        return new ApiBody(
            isMultipart ? BodyKind.Multipart : BodyKind.Form,
            null,
            fields,
            Bracketed(default),
            fields.Any(field => field.IsRequired)
        );
    }

    private static BodyKind KindOf(string mediaType)
    {
        string type = mediaType.Split(';', 2)[0].Trim().ToLowerInvariant();
        return type switch
        {
            "application/json" or "text/json" or "*/*" or "application/*" => BodyKind.Json,
            "application/x-www-form-urlencoded" => BodyKind.Form,
            "multipart/form-data" => BodyKind.Multipart,
            _ => BodyKind.Other, // of +json too: what is sent says application/json
        };
    }
}
