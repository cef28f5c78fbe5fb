using System.Collections;
using System.Globalization;

namespace Behalf.Sandbox.Rendering;

/// <summary>
/// Writes objects as JSON. Every object named inside another one passes the access rules here: hidden people become
/// "Private User", anything else that is hidden is left out of lists and null elsewhere.
/// </summary>
internal sealed class Renderer
{
    public const string PrivateUser = "Private User";

    /// <summary>The answer to a single read: the full record, or exactly what was asked for plus the gid.</summary>
    public JsonObject Record(View view, Entity item, FieldTree? asked) =>
        asked is null ? Usual(view, item, Presence.Full) : Asked(view, item, asked);

    /// <summary>One row of a list: the compact record, or exactly what was asked for plus the gid.</summary>
    public JsonObject Row(View view, Entity item, FieldTree? asked) =>
        asked is null ? Usual(view, item, Presence.Compact) : Asked(view, item, asked);

    private JsonObject Usual(View view, Entity item, Presence upTo)
    {
        var json = new JsonObject { ["gid"] = item.Gid, ["resource_type"] = item.ResourceType };
        foreach (var field in FieldSets.Of(item).Fields.Values)
        {
            if (field.Presence <= upTo && field.Scopes.All(view.Scopes.Has))
            {
                json[field.Name] = Value(view, field.Read(view, item), null);
            }
        }
        return json;
    }

    private JsonObject Asked(View view, Entity item, FieldTree asked)
    {
        var json = new JsonObject { ["gid"] = item.Gid };
        AddAsked(view, json, FieldSets.Of(item), item, asked);
        if (asked.Children.ContainsKey("resource_type"))
        {
            json["resource_type"] = item.ResourceType;
        }
        return json;
    }

    private void AddAsked(View view, JsonObject json, FieldSet set, object item, FieldTree asked)
    {
        foreach (var (name, below) in asked.Children)
        {
            // Names nobody knows are ignored.
            if (set.Fields.TryGetValue(name, out var field))
            {
                json[name] = Value(view, field.Read(view, item), below.IsLeaf ? null : below);
            }
        }
    }

    private JsonNode? Value(View view, object? value, FieldTree? asked) =>
        value switch
        {
            null => null,
            JsonNode node => node.DeepClone(),
            string text => JsonValue.Create(text),
            bool flag => JsonValue.Create(flag),
            int number => JsonValue.Create(number),
            decimal number => JsonValue.Create(number),
            DateOnly date => JsonValue.Create(date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
            DateTimeOffset moment => JsonValue.Create(Timestamp(moment)),
            Entity entity => Reference(view, entity, asked),
            Part part => PartOf(view, part, asked),
            IEnumerable sequence => Sequence(view, sequence, asked),
            _ => throw new InvalidOperationException($"No JSON form for {value.GetType().Name}."),
        };

    private JsonArray Sequence(View view, IEnumerable sequence, FieldTree? asked)
    {
        var array = new JsonArray();
        foreach (var item in sequence)
        {
            if (item is not Entity entity || entity is User || view.Sees(entity))
            {
                array.Add(Value(view, item, asked));
            }
        }
        return array;
    }

    private JsonObject? Reference(View view, Entity entity, FieldTree? asked)
    {
        if (view.Sees(entity))
        {
            return asked is null ? Short(view, entity) : Asked(view, entity, asked);
        }
        return entity is User
            ? new JsonObject
            {
                ["gid"] = entity.Gid,
                ["resource_type"] = "user",
                ["name"] = PrivateUser,
            }
            : null;
    }

    /// <summary>What a related object always shows.</summary>
    private JsonObject Short(View view, Entity entity)
    {
        if (entity is EnumOption)
        {
            return Usual(view, entity, Presence.Compact);
        }
        var json = new JsonObject { ["gid"] = entity.Gid, ["resource_type"] = entity.ResourceType };
        foreach (var name in FieldSets.AlwaysShown)
        {
            if (FieldSets.Of(entity).Fields.TryGetValue(name, out var field))
            {
                json[name] = Value(view, field.Read(view, entity), null);
            }
        }
        return json;
    }

    private JsonObject PartOf(View view, Part part, FieldTree? asked)
    {
        var json = new JsonObject();
        if (asked is not null)
        {
            if (part.Fields.Fields.TryGetValue("gid", out var gid))
            {
                json["gid"] = Value(view, gid.Read(view, part.Value), null);
            }
            AddAsked(view, json, part.Fields, part.Value, asked);
            return json;
        }
        foreach (var field in part.Fields.Fields.Values.Where(f => f.Presence < Presence.OptIn))
        {
            json[field.Name] = Value(view, field.Read(view, part.Value), null);
        }
        return json;
    }

    public static string Timestamp(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
