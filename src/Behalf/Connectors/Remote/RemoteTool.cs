using System.Text.Json.Nodes;
using Behalf.Connectors.Custom;

namespace Behalf.Connectors.Remote;

/// <summary>A tool as a remote server lists it. What it says is what a model would be shown: another text is another tool.</summary>
/// <param name="Name">The server's name of it.</param>
/// <param name="Pin">64 lower-case hexadecimal characters; of name, description, schema and annotations.</param>
public sealed record RemoteTool(string Name, string Pin, JsonObject Listed)
{
    private static readonly string[] Shown = ["name", "title", "description", "inputSchema", "annotations"];

    /// <returns>Null: it has no name that a server may give (1–128 printable characters).</returns>
    public static RemoteTool? Of(JsonNode? listed)
    {
        if (
            listed is not JsonObject tool
            || tool["name"] is not JsonValue value
            || !value.TryGetValue(out string? name)
            || name.Length is 0 or > 128
            || name.Any(c => c is < ' ' or > '~')
        )
        {
            return null;
        }

        JsonObject shown = new(
            Shown
                .Where(key => tool[key] is not null)
                .Select(key => new KeyValuePair<string, JsonNode?>(key, tool[key]!.DeepClone()))
        );
        return new RemoteTool(name, Digest.Of(CanonicalJson.Of(shown)).Hex, tool);
    }
}

/// <summary>What a server's list is, beside what was accepted.</summary>
/// <param name="Changed">Names of tools that read otherwise now, or are gone; they are refused.</param>
/// <param name="Added">Names of tools that nobody accepted yet.</param>
public sealed record RemoteDifference(IReadOnlyList<string> Changed, IReadOnlyList<string> Added)
{
    public bool IsNone => Changed.Count == 0 && Added.Count == 0;
}
