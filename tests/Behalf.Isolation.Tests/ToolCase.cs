using System.Text.Json.Nodes;

namespace Behalf.Isolation.Tests;

/// <summary>What may come of pointing a tool at something.</summary>
public enum Use
{
    /// <summary>Hidden: refused. Visible: done.</summary>
    Reads,

    /// <summary>Looks for words: what is hidden is not found, what is visible is.</summary>
    Seeks,

    /// <summary>Hidden: refused. Visible: depends on more than on sight.</summary>
    Touches,

    /// <summary>Made for what is hidden: only what it says is judged.</summary>
    Asks,

    /// <summary>Changes it: tried where the person may not, and refused.</summary>
    Changes,

    /// <summary>A change of something else that names it: tried where it is hidden, and refused.</summary>
    Mentions,
}

/// <param name="Tool">As offered.</param>
/// <param name="Takes">The kind of object it is pointed at, or null when it takes none.</param>
/// <param name="Argument">The argument that names the object; empty: <c>{it}</c> in the others does.</param>
/// <param name="Others">
/// Further arguments that make the call complete; <c>{it}</c> stands for the object, <c>{other}</c> for somebody else, and a
/// kind such as <c>{Task}</c> for one that the person may change, as far as there is one.
/// </param>
public sealed record ToolCase(string Tool, Kind? Takes, string Argument, JsonObject Others, Use Use)
{
    private const string It = "{it}";

    /// <value>True: it is tried only where it must change nothing.</value>
    public bool Writes => Use is Use.Changes or Use.Mentions;

    /// <value>The kinds that it needs one more of.</value>
    public IEnumerable<Kind> Needs => Strings(Others).Select(KindOf).OfType<Kind>();

    /// <value>The properties that name the object, such as <c>tasks.project</c>.</value>
    public IEnumerable<string> Points => Argument.Length > 0 ? [Argument, .. Paths(Others, "")] : Paths(Others, "");

    /// <param name="spelling">How the object is named.</param>
    /// <param name="other">The e-mail address of another person than the one who calls.</param>
    /// <param name="known">Gives an object of a kind for the arguments that are not the point.</param>
    public JsonObject With(string spelling, string other, Func<Kind, string> known)
    {
        string Fill(string text) =>
            text == It ? spelling
            : text == "{other}" ? other
            : KindOf(text) is { } kind ? known(kind)
            : text;
        JsonObject arguments = (JsonObject)Filled(Others, Fill)!;
        if (Argument.Length > 0)
        {
            arguments[Argument] = spelling;
        }

        return arguments;
    }

    private static Kind? KindOf(string text) =>
        text is ['{', .. var name, '}'] && Enum.TryParse(name, out Kind kind) ? kind : null;

    private static IEnumerable<string> Strings(JsonNode? node) =>
        node switch
        {
            JsonObject map => map.SelectMany(pair => Strings(pair.Value)),
            JsonArray list => list.SelectMany(Strings),
            JsonValue value when value.TryGetValue(out string? text) => [text],
            _ => [],
        };

    /// <summary>A name of a property may be the object too, as in <c>custom_fields</c>.</summary>
    private static IEnumerable<string> Paths(JsonNode? node, string at) =>
        node switch
        {
            JsonObject map when map.ContainsKey(It) => [at],
            JsonObject map => map.SelectMany(pair => Paths(pair.Value, at.Length == 0 ? pair.Key : $"{at}.{pair.Key}")),
            JsonArray list => list.SelectMany(item => Paths(item, at)),
            JsonValue value when value.TryGetValue(out string? text) && text == It => [at],
            _ => [],
        };

    private static JsonNode? Filled(JsonNode? node, Func<string, string> fill) =>
        node switch
        {
            JsonObject map => new JsonObject(
                map.Select(pair => KeyValuePair.Create(fill(pair.Key), Filled(pair.Value, fill)))
            ),
            JsonArray list => new JsonArray([.. list.Select(item => Filled(item, fill))]),
            JsonValue value when value.TryGetValue(out string? text) => JsonValue.Create(fill(text)),
            _ => node?.DeepClone(),
        };
}
