using System.Globalization;
using System.Text.Json.Nodes;

namespace Behalf.Connectors.Document;

/// <summary>A YAML document as data: mappings, sequences and scalars with the line they stand on. Nothing else of YAML is accepted.</summary>
/// <param name="Line">In the whole document, from 1.</param>
internal abstract record DocumentNode(int Line)
{
    public abstract JsonNode? ToJson();
}

/// <param name="Text">As written, unescaped.</param>
/// <param name="Plain">True when unquoted: then numbers, booleans and null are read as such (YAML 1.2 core schema).</param>
internal sealed record ScalarNode(int Line, string Text, bool Plain) : DocumentNode(Line)
{
    public bool IsNull => Plain && Text is "" or "~" or "null";

    public bool? AsBoolean =>
        Plain
            ? Text switch
            {
                "true" => true,
                "false" => false,
                _ => null,
            }
            : null;

    public decimal? AsNumber =>
        Plain
        && Text.Length > 0
        && (char.IsAsciiDigit(Text[0]) || Text[0] == '-')
        && decimal.TryParse(
            Text,
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out decimal number
        )
            ? number
            : null;

    public override JsonNode? ToJson() =>
        IsNull ? null
        : AsBoolean is { } boolean ? JsonValue.Create(boolean)
        : AsNumber is { } number
            ? number == decimal.Truncate(number) && number is >= long.MinValue and <= long.MaxValue
                    ? JsonValue.Create((long)number)
                : JsonValue.Create(number)
        : JsonValue.Create(Text);
}

internal sealed record MappingEntry(string Key, int Line, DocumentNode Value);

internal sealed record MappingNode(int Line, IReadOnlyList<MappingEntry> Entries) : DocumentNode(Line)
{
    public override JsonNode ToJson() =>
        new JsonObject(Entries.Select(entry => new KeyValuePair<string, JsonNode?>(entry.Key, entry.Value.ToJson())));
}

internal sealed record SequenceNode(int Line, IReadOnlyList<DocumentNode> Items) : DocumentNode(Line)
{
    public override JsonNode ToJson() => new JsonArray([.. Items.Select(item => item.ToJson())]);
}
