using System.Text.Json.Nodes;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools;

/// <summary>Makes a result fit to be read by a model: an object, of clean text, of bounded size.</summary>
internal static class ResultShaper
{
    /// <value>In bytes of UTF-8 JSON.</value>
    public const int MaxBytes = 64 * 1024;

    private static readonly (int Text, int Items)[] Bounds =
    [
        (16_384, int.MaxValue),
        (4_096, 500),
        (1_024, 200),
        (400, 100),
        (200, 50),
        (100, 20),
        (50, 5),
    ];

    public static JsonObject Shape(JToken? result, IReadOnlyList<string> notes, string? cursor)
    {
        JObject whole = result switch
        {
            JObject map => map,
            null => [],
            _ => new JObject { ["result"] = result },
        };
        foreach ((int text, int items) in Bounds)
        {
            bool cut = false;
            JObject shaped = (JObject)Bounded(whole, text, items, ref cut);
            List<string> told = [.. notes];
            if (cut)
            {
                told.Add("The result was cut to fit; ask for less or for one thing.");
            }

            if (told.Count > 0)
            {
                shaped["notes"] = new JArray(told.Select(note => PlainText.Clean(note)));
            }

            if (cursor is not null)
            {
                shaped["next_cursor"] = cursor;
            }

            if (Tokens.LengthOf(shaped) <= MaxBytes)
            {
                return (JsonObject)Tokens.ToJson(shaped)!;
            }
        }

        return new JsonObject { ["notes"] = new JsonArray("The result is too large to be shown; ask for less.") };
    }

    private static JToken Bounded(JToken token, int text, int items, ref bool cut)
    {
        switch (token)
        {
            case JObject map:
                JObject shaped = [];
                foreach (JProperty property in map.Properties())
                {
                    shaped[PlainText.Clean(property.Name)] = Bounded(property.Value, text, items, ref cut);
                }

                return shaped;
            case JArray list:
                JArray kept = [];
                foreach (JToken item in list.Take(items))
                {
                    kept.Add(Bounded(item, text, items, ref cut));
                }

                cut |= list.Count > items;
                return kept;
            case JValue { Value: string value }:
                string clean = PlainText.Clean(value);
                if (clean.Length <= text)
                {
                    return new JValue(clean);
                }

                cut = true;
                return new JValue($"{PlainText.Cut(clean, text)}… [cut, {clean.Length - text} more characters]");
            default:
                return token.DeepClone();
        }
    }
}
