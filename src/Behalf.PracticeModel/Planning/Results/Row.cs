using System.Text.Json;

namespace Behalf.PracticeModel.Planning.Results;

/// <summary>An object in a result that has a name or an id.</summary>
internal sealed record Row(JsonElement Json)
{
    private static readonly string[] NameKeys =
    [
        "name",
        "title",
        "summary",
        "subject",
        "display_name",
        "text",
        "body",
        "comment",
        "content",
        "label",
        "email",
        "identifier",
    ];

    private static readonly string[] IdKeys = ["gid", "id", "key", "uuid", "number"];

    public string? Name => NameKeys.Select(Text).FirstOrDefault(text => text is { Length: > 0 });

    public string? Id => IdKeys.Select(Text).FirstOrDefault(text => text is { Length: > 0 });

    public string Display => Name ?? Id ?? Json.GetRawText();

    public static bool Is(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object
        && new Row(json) is var row
        && (row.Name is not null || row.Id is not null);

    /// <summary>The first of these members that is there, as text: an object by its name, a list by its members' names.</summary>
    public string? Field(params IEnumerable<string> keys) =>
        keys.Select(Text).FirstOrDefault(text => text is { Length: > 0 });

    public bool? Flag(params IEnumerable<string> keys)
    {
        foreach (var key in keys)
        {
            if (Json.TryGetProperty(key, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            {
                return value.GetBoolean();
            }
        }

        return null;
    }

    /// <summary>A value of a map of custom fields, whatever the map is called.</summary>
    public string? CustomField(string name) =>
        Json.EnumerateObject()
            .Where(member =>
                member.Value.ValueKind == JsonValueKind.Object
                && member.Name.Contains("field", StringComparison.OrdinalIgnoreCase)
            )
            .SelectMany(member => member.Value.EnumerateObject())
            .Where(member => string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase))
            .Select(member => TextOf(member.Value))
            .FirstOrDefault(text => text is { Length: > 0 });

    /// <summary>The members of the first list whose name is of this noun, such as <c>members</c> for user.</summary>
    public IReadOnlyList<Row> Part(string noun)
    {
        var list = Json.EnumerateObject()
            .FirstOrDefault(member => member.Value.ValueKind == JsonValueKind.Array && Words.Noun(member.Name) == noun)
            .Value;
        return list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(Named).Where(row => Is(row.Json))]
            : [];
    }

    private static Row Named(JsonElement item) =>
        new(
            item.ValueKind == JsonValueKind.String
                ? JsonSerializer.SerializeToElement(new { name = item.GetString() })
                : item
        );

    private string? Text(string key) => Json.TryGetProperty(key, out var value) ? TextOf(value) : null;

    private static string? TextOf(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            JsonValueKind.Object => new Row(value) is var row ? row.Name ?? row.Id : null,
            JsonValueKind.Array => string.Join(
                ", ",
                value.EnumerateArray().Select(TextOf).Where(text => text is { Length: > 0 })
            ),
            _ => null,
        };
}
