using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Behalf.Import.Schemas;

/// <summary>A value as the connector format describes it, and the tree that puts it into a request.</summary>
/// <param name="Schema">In the format's words; without <c>required</c>.</param>
/// <param name="Tree">A template: an expression, or a mapping where names inside differ from the provider's.</param>
/// <param name="IsPlain">True: text, numbers and booleans, or lists of them.</param>
internal sealed record Argument(JsonObject Schema, JsonNode Tree, bool IsPlain)
{
    /// <value>True: a null means something to the provider.</value>
    public bool IsNullable { get; init; }

    public bool IsList => Schema["type"] is JsonValue value && value.GetValue<string>() == "array";
}

/// <summary>JMESPath over names of a document.</summary>
internal static partial class MemberPath
{
    /// <returns>Such as <c>args.task</c> or <c>args."x-y"</c>.</returns>
    public static string Of(string of, string name) => Identifier().IsMatch(name) ? $"{of}.{name}" : $"{of}.\"{name}\"";

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Identifier();
}
