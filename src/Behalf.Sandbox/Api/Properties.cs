using System.Globalization;
using System.Text.Json;

namespace Behalf.Sandbox.Api;

/// <summary>The <c>data</c> of a write. Readers refuse values of the wrong kind in Asana's words.</summary>
internal sealed class Properties(JsonObject data)
{
    public bool Has(string name) => data.ContainsKey(name);

    public JsonNode? Node(string name) => data[name];

    /// <summary>Refuses every property that this operation does not write.</summary>
    public void Only(params ReadOnlySpan<string> names)
    {
        foreach (var (name, _) in data)
        {
            if (!names.Contains(name))
            {
                throw Refusal.NotWritable(name);
            }
        }
    }

    public string? Text(string name) =>
        data[name] switch
        {
            null => null,
            JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
            { } other => throw Refusal.BadRequest($"{name}: Not a valid String type: {Kind(other)}"),
        };

    public string RequiredText(string name) => Text(name) is { Length: > 0 } text ? text : throw Refusal.Missing(name);

    public bool? Flag(string name) =>
        data[name] switch
        {
            null => null,
            JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False =>
                value.GetValue<bool>(),
            { } other => throw Refusal.BadRequest($"{name}: Not a valid Boolean type: {Kind(other)}"),
        };

    public DateOnly? Date(string name) => Text(name) is { } text ? ParseDate(name, text) : null;

    public DateTimeOffset? Moment(string name) => Text(name) is { } text ? ParseMoment(name, text) : null;

    /// <summary>A gid, an email or "me": a string in every case.</summary>
    public string? Gid(string name) => data[name] is { } node ? GidOf(name, node) : null;

    public string RequiredGid(string name) => Gid(name) is { Length: > 0 } gid ? gid : throw Refusal.Missing(name);

    /// <summary>An array of gids; one string with commas is accepted too.</summary>
    public IReadOnlyList<string> Gids(string name) =>
        data[name] switch
        {
            null => [],
            JsonArray array => [.. array.Select(item => GidOf(name, item))],
            JsonValue value when value.GetValueKind() == JsonValueKind.String => value
                .GetValue<string>()
                .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            { } other => throw Refusal.BadRequest($"{name}: Not a valid Array type: {Kind(other)}"),
        };

    public JsonObject? Object(string name) =>
        data[name] switch
        {
            null => null,
            JsonObject value => value,
            { } other => throw Refusal.BadRequest($"{name}: Not a valid Object type: {Kind(other)}"),
        };

    public IReadOnlyList<JsonObject> Objects(string name) =>
        data[name] switch
        {
            null => [],
            JsonArray array when array.All(item => item is JsonObject) => [.. array.Cast<JsonObject>()],
            { } other => throw Refusal.BadRequest($"{name}: Not a valid Array type: {Kind(other)}"),
        };

    public static string GidOf(string name, JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String
            ? value.GetValue<string>()
            : throw Refusal.BadRequest($"{name}: Not a valid GID type: {Kind(node)}");

    public static DateOnly ParseDate(string name, string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", out var date)
            ? date
            : throw Refusal.BadRequest($"{name}: Date must be in ISO-8601 (yyyy-mm-dd) format, not: {text}");

    public static DateTimeOffset ParseMoment(string name, string text) =>
        text.Contains('T', StringComparison.Ordinal)
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment.ToUniversalTime()
            : throw Refusal.BadRequest($"{name}: Date must be in ISO-8601 format, not: {text}");

    public static string Kind(JsonNode? node) =>
        node?.GetValueKind() switch
        {
            null or JsonValueKind.Null => "null",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            { } kind => kind.ToString().ToLowerInvariant(),
        };
}
