using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Import.Documents;
using Behalf.Import.Schemas;

namespace Behalf.Import;

/// <summary>
/// Writes a request's body: the members of an object become arguments, anything else is one argument <c>body</c>. What the
/// schema requires is required also where the document forgot to say so of the body.
/// </summary>
internal sealed class BodyWriter(ApiDocument document, Draft draft, Credential credential)
{
    public void Write(ApiBody body, JsonObject step)
    {
        switch (body.Kind)
        {
            case BodyKind.Json:
                step["json"] = Json(body);
                break;
            case BodyKind.Form:
                JsonObject form = [];
                Fields(body, form, takesLists: true);
                step["form"] = form;
                break;
            case BodyKind.Multipart:
                JsonObject fields = [];
                Fields(body, fields, takesLists: false);
                if (fields.Count > 0)
                {
                    step["multipart"] = new JsonArray([
                        .. fields.Select(field => new JsonObject
                        {
                            ["name"] = field.Key,
                            ["value"] = field.Value!.DeepClone(),
                        }),
                    ]);
                }

                break;
            default:
                if (body.IsRequired)
                {
                    throw new NotRepresentable("its body is neither JSON nor a form");
                }

                break;
        }
    }

    private JsonNode Json(ApiBody body)
    {
        if (body.Schema is not { } schema)
        {
            throw new NotRepresentable("the document does not say what its body is");
        }

        if (draft.Reader.Members(schema) is not { } members)
        {
            ApiParameter whole = new()
            {
                Name = "body",
                Place = ParameterPlace.Form,
                IsRequired = body.IsRequired,
                Schema = schema,
            };
            Argument value = draft.Of(whole, out string own);
            draft.Put(own, value, body.IsRequired);
            return value.Tree;
        }

        JsonObject json = [];
        foreach ((string name, JsonElement member, bool isRequired) in members)
        {
            try
            {
                Member(name, member, isRequired, json);
            }
            catch (NotRepresentable) when (!isRequired)
            {
                draft.Reader.LeaveOut();
            }
        }

        return json;
    }

    private void Member(string name, JsonElement schema, bool isRequired, JsonObject json)
    {
        if (name.StartsWith('$'))
        {
            throw new NotRepresentable($"the name '{Words.Line(name, 40)}' of its body cannot be sent");
        }

        if (!draft.Reader.HasRoom(isRequired))
        {
            throw new NotRepresentable("it takes too many fields");
        }

        ApiParameter member = new()
        {
            Name = name,
            Place = ParameterPlace.Form,
            Schema = schema,
        };
        Argument value = draft.Of(member, out string own);
        json[name] = value.IsNullable && ArgumentReader.IsExpression(value.Tree) ? Nullable(own, value) : value.Tree;
        draft.Put(own, value, isRequired);
    }

    /// <summary>A null is sent where it was given: it is how a field is emptied.</summary>
    private static JsonObject Nullable(string own, Argument value)
    {
        AllowNull(value.Schema);
        return new JsonObject
        {
            ["$if"] = $"=has(args, '{own}')",
            ["$then"] = new JsonObject { ["$keep"] = $"={MemberPath.Of("args", own)}" },
        };
    }

    private static void AllowNull(JsonObject schema)
    {
        switch (schema)
        {
            case { } when schema["enum"] is JsonArray values:
                values.Add(null);
                break;
            case { } when schema["type"] is JsonArray types:
                types.Add("null");
                break;
            case { } when schema["type"] is JsonValue type:
                schema["type"] = new JsonArray(type.GetValue<string>(), "null");
                break;
            case { } when schema["oneOf"] is JsonArray choices:
                choices.Add(new JsonObject { ["type"] = "null" });
                break;
            default:
                break;
        }
    }

    private void Fields(ApiBody body, JsonObject pairs, bool takesLists)
    {
        foreach (ApiParameter field in FieldsOf(body).Where(field => !credential.Brings(field.Name)))
        {
            try
            {
                draft.AddPairs(field, pairs, "form", takesLists);
            }
            catch (NotRepresentable) when (!field.IsRequired)
            {
                draft.Reader.LeaveOut();
            }
        }
    }

    private IEnumerable<ApiParameter> FieldsOf(ApiBody body)
    {
        if (body.Schema is not { } schema)
        {
            return body.Fields;
        }

        IReadOnlyList<(string Name, JsonElement Schema, bool IsRequired)> members =
            draft.Reader.Members(schema)
            ?? (
                Shape.Of(document, schema).Properties.Count == 0 && !body.IsRequired
                    ? []
                    : throw new NotRepresentable("its form has no named fields")
            );
        return members.Select(member => new ApiParameter
        {
            Name = member.Name,
            Place = ParameterPlace.Form,
            IsRequired = member.IsRequired,
            Schema = member.Schema,
            Style = body.Bracketed.Contains(member.Name) ? ListStyle.Bracketed : ListStyle.Repeated,
        });
    }
}
