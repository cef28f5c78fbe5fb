using Behalf.Connectors.Document;
using Newtonsoft.Json.Linq;

namespace Behalf.Connectors.Templates;

/// <summary>A tree whose leaves are literals or expressions. Text is never put together from parts outside an expression.</summary>
internal abstract class Template
{
    /// <returns>The value, or null when there is none: then its key or item is left out.</returns>
    public abstract JToken? Evaluate(JToken scope);

    /// <value>True: a scalar that depends on nothing.</value>
    public virtual bool IsLiteral => false;

    /// <exception cref="DefinitionFault">An expression that does not parse, or an unknown form.</exception>
    public static Template Read(DocumentNode node) =>
        node switch
        {
            ScalarNode { Text: ['=', ..] text } => new Computed(new Expression(text[1..].Trim(), node.Line)),
            ScalarNode { Text: ['\\', '=', ..] text } => new Fixed(new JValue(text[1..])),
            ScalarNode scalar => new Fixed(Tokens.FromJson(scalar.ToJson())),
            SequenceNode sequence => new ListOf([.. sequence.Items.Select(Read)]),
            MappingNode { Entries: [{ Key: ['$', ..] }, ..] } mapping => Form(mapping),
            MappingNode mapping => new MapOf([.. mapping.Entries.Select(Entry)]),
            _ => throw new DefinitionFault(node.Line, "not a template"),
        };

    /// <summary>A scalar that must be an expression; the equals sign is required, so that a reader sees which it is.</summary>
    public static Expression ReadExpression(DocumentNode node, string key) =>
        node is ScalarNode { Text: ['=', ..] text }
            ? new Expression(text[1..].Trim(), node.Line)
            : throw new DefinitionFault(node.Line, $"'{key}' is an expression and begins with =");

    private static (string, Template) Entry(MappingEntry entry) =>
        entry.Key is ['$', ..]
            ? throw new DefinitionFault(entry.Line, $"'{entry.Key}' stands alone or not at all")
            : (entry.Key, Read(entry.Value));

    private static Template Form(MappingNode mapping)
    {
        Fields fields = new(mapping, "a template form ($if, $each, $merge, $keep)");
        Template form = mapping.Entries[0].Key switch
        {
            "$if" => new Choice(
                ReadExpression(fields.Required("$if"), "$if"),
                Read(fields.Required("$then")),
                fields.Optional("$else") is { } otherwise ? Read(otherwise) : null
            ),
            "$each" => new Each(ReadExpression(fields.Required("$each"), "$each"), Read(fields.Required("$do"))),
            "$merge" => new Merged([.. fields.Items("$merge").Select(Read)]),
            "$keep" => new Kept(Read(fields.Required("$keep"))),
            _ => new Fixed(JValue.CreateNull()), // refused by End below
        };
        fields.End();
        return form;
    }

    private sealed class Fixed(JToken value) : Template
    {
        public override bool IsLiteral => true;

        public override JToken Evaluate(JToken scope) => value.DeepClone();
    }

    private sealed class Computed(Expression expression) : Template
    {
        public override JToken? Evaluate(JToken scope) => expression.Evaluate(scope);
    }

    /// <summary>Keeps a null: the one way to send an explicit null.</summary>
    private sealed class Kept(Template value) : Template
    {
        public override JToken Evaluate(JToken scope) => value.Evaluate(scope) ?? JValue.CreateNull();
    }

    private sealed class Choice(Expression condition, Template then, Template? otherwise) : Template
    {
        public override JToken? Evaluate(JToken scope) =>
            Tokens.IsTrue(condition.Evaluate(scope)) ? then.Evaluate(scope) : otherwise?.Evaluate(scope);
    }

    /// <summary>For each item of a list: the tree with <c>item</c> added to the scope.</summary>
    private sealed class Each(Expression items, Template tree) : Template
    {
        public override JToken? Evaluate(JToken scope)
        {
            if (items.Evaluate(scope) is not JArray list)
            {
                return null;
            }

            JObject inner = new(((JObject)scope).Properties().Where(property => property.Name != "item"));
            JArray result = [];
            foreach (JToken item in list)
            {
                inner["item"] = item;
                if (tree.Evaluate(inner) is { } value)
                {
                    result.Add(value);
                }
            }

            return result;
        }
    }

    private sealed class Merged(IReadOnlyList<Template> parts) : Template
    {
        public override JToken? Evaluate(JToken scope)
        {
            JObject result = [];
            foreach (JToken? part in parts.Select(part => part.Evaluate(scope)))
            {
                if (part is JObject map)
                {
                    foreach (JProperty property in map.Properties())
                    {
                        result[property.Name] = property.Value;
                    }
                }
            }

            return result.HasValues ? result : null;
        }
    }

    private sealed class MapOf(IReadOnlyList<(string Key, Template Value)> entries) : Template
    {
        public override JToken Evaluate(JToken scope)
        {
            JObject result = [];
            foreach ((string key, Template value) in entries)
            {
                if (value.Evaluate(scope) is { } token)
                {
                    result[key] = token;
                }
            }

            return result;
        }
    }

    private sealed class ListOf(IReadOnlyList<Template> items) : Template
    {
        public override JToken Evaluate(JToken scope)
        {
            JArray result = [];
            foreach (JToken? token in items.Select(item => item.Evaluate(scope)))
            {
                if (token is not null)
                {
                    result.Add(token);
                }
            }

            return result;
        }
    }
}
