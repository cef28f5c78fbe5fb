using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connectors.Steps;
using Behalf.Import.Documents;
using Behalf.Import.Schemas;

namespace Behalf.Import;

/// <summary>A tool's arguments as they come together, and where in its request each of them goes.</summary>
internal sealed class Draft(ArgumentReader reader)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    public ArgumentReader Reader => reader;

    /// <value>In the format's words, in the order they were added.</value>
    public JsonObject Input { get; } = [];

    public IReadOnlyList<(string Key, JsonObject Values)> Parts { get; } =
    [("slots", []), ("query", []), ("headers", [])];

    private JsonObject Slots => Parts[0].Values;

    private JsonObject Query => Parts[1].Values;

    private JsonObject Headers => Parts[2].Values;

    /// <returns>The slot's name, which is the argument's.</returns>
    public string AddSlot(ApiParameter parameter)
    {
        string own = ArgumentNames.Of(Words.Snake(parameter.Name), _taken);
        if (!char.IsAsciiLetterLower(own[0]))
        {
            own = ArgumentNames.Of($"the_{own}", _taken);
        }

        string expression = $"args.{own}";
        Argument value = parameter.Schema is { } schema
            ? reader.Read(schema, expression, parameter.Description)
            : new Argument(
                new JsonObject { ["type"] = "string", ["maxLength"] = 256 },
                $"={expression}",
                IsPlain: true
            );
        if (!value.IsPlain || value.IsList)
        {
            throw new NotRepresentable($"the slot '{Words.Line(parameter.Name, 40)}' of its path is not one value");
        }

        Put(own, value, isRequired: true);
        Slots[own] = value.Tree;
        return own;
    }

    /// <summary>Into the query or the headers. An optional one that cannot be had is left out.</summary>
    public void Add(ApiParameter parameter)
    {
        try
        {
            switch (parameter.Place)
            {
                case ParameterPlace.Query:
                    AddPairs(parameter, Query, "query");
                    break;
                case ParameterPlace.Header when RequestReader.MaySet(parameter.Name):
                    Argument value = Of(parameter, out string own);
                    Headers[parameter.Name] =
                        value.IsPlain && !value.IsList
                            ? value.Tree
                            : throw new NotRepresentable($"the header '{parameter.Name}' is not one value");
                    Put(own, value, parameter.IsRequired);
                    break;
                default:
                    throw new NotRepresentable(
                        $"it needs the {parameter.Place.ToString().ToLowerInvariant()} '{Words.Line(parameter.Name, 40)}'"
                    );
            }
        }
        catch (NotRepresentable) when (!parameter.IsRequired)
        {
            reader.LeaveOut();
        }
    }

    /// <summary>Into pairs of a query or form, by the parameter's style.</summary>
    /// <param name="pairs">Literal names to trees.</param>
    /// <param name="what">For the reason, such as <c>query</c>.</param>
    /// <param name="takesLists">False: a list has no form there.</param>
    public void AddPairs(ApiParameter parameter, JsonObject pairs, string what, bool takesLists = true)
    {
        if (parameter.Name.StartsWith('$'))
        {
            throw new NotRepresentable($"a name of its {what} begins with $, which cannot be sent");
        }

        if (!reader.HasRoom(parameter.IsRequired))
        {
            throw new NotRepresentable("it takes too many fields");
        }

        if (parameter is { Style: ListStyle.Bracketed, Schema: { } schema } && reader.Members(schema) is { } members)
        {
            foreach ((string name, JsonElement inner, bool isRequired) in members)
            {
                AddMember(parameter, name, inner, isRequired && parameter.IsRequired, pairs, what, takesLists);
            }

            return;
        }

        Argument value = Of(parameter, out string own);
        if (!value.IsPlain || (value.IsList && !takesLists))
        {
            throw new NotRepresentable(
                $"'{Words.Line(parameter.Name, 40)}' of its {what} is no value that can be written there"
            );
        }

        string key =
            value.IsList
            && parameter.Style == ListStyle.Bracketed
            && !parameter.Name.EndsWith("[]", StringComparison.Ordinal)
                ? $"{parameter.Name}[]"
                : parameter.Name;
        pairs[key] =
            value.IsList && parameter.Style == ListStyle.Joined ? Joined(own, parameter.Separator) : value.Tree;
        Put(own, value, parameter.IsRequired);
    }

    /// <summary>An argument of its own name, put nowhere yet.</summary>
    public Argument Of(ApiParameter parameter, out string own)
    {
        own = ArgumentNames.Of(parameter.Name, _taken);
        return parameter.Schema is { } schema
            ? reader.Read(schema, MemberPath.Of("args", own), parameter.Description)
            : throw new NotRepresentable($"'{Words.Line(parameter.Name, 40)}' has no schema");
    }

    public void Put(string own, Argument value, bool isRequired)
    {
        JsonObject schema = value.Schema;
        if (isRequired)
        {
            schema["required"] = true;
        }

        _taken.Add(own);
        Input[own] = schema;
    }

    private void AddMember(
        ApiParameter parameter,
        string name,
        JsonElement schema,
        bool isRequired,
        JsonObject pairs,
        string what,
        bool takesLists
    )
    {
        ApiParameter member = new()
        {
            Name = $"{parameter.Name}[{name}]",
            Place = parameter.Place,
            IsRequired = isRequired,
            Schema = schema,
            Style = ListStyle.Bracketed,
        };
        try
        {
            AddPairs(member, pairs, what, takesLists);
        }
        catch (NotRepresentable) when (!isRequired)
        {
            reader.LeaveOut();
        }
    }

    private static string Joined(string own, string separator)
    {
        string list = MemberPath.Of("args", own);
        string text = separator == "\t" ? "\\t" : separator;
        return $"={list} && join('{text}', map(&to_string(@), {list}))";
    }
}
