using System.Text.Json.Nodes;

namespace Behalf.Cli.Demo;

/// <summary>What of a board somebody may not read.</summary>
/// <param name="Gids">Of the board and all that is in it.</param>
/// <param name="Texts">Names, notes, comments, files, status updates, values.</param>
/// <param name="Labels">
/// Names of sections, fields and options: no answer may hold them either, but a model or a log may use such a word by itself.
/// </param>
internal sealed record BoardWords(IReadOnlyList<string> Gids, IReadOnlyList<string> Texts, IReadOnlyList<string> Labels)
{
    /// <summary>Shorter words stand in too many places to tell anything.</summary>
    private const int Shortest = 4;

    private static readonly string[] Written = ["name", "notes", "title", "text", "description"];

    /// <param name="data">The sandbox's objects.</param>
    /// <param name="access">What the person may do with each.</param>
    public static BoardWords Of(JsonNode data, JsonNode access, string boardGid)
    {
        JsonNode board = Rows(data["projects"]).Single(project => Gid(project) == boardGid);
        HashSet<string> fieldsOfBoard = [.. Rows(board["fields"]).Select(field => (string)field!)];
        List<JsonNode> labels =
        [
            .. Rows(board["sections"]),
            .. Rows(data["custom_fields"])
                .Where(field => fieldsOfBoard.Contains(Gid(field)))
                .SelectMany(field => (IEnumerable<JsonNode>)[field, .. Rows(field["options"])]),
        ];
        List<JsonNode> tasks = [.. Rows(data["tasks"]).Where(task => Holds(task["projects"], boardGid))];
        for (int i = 0; i < tasks.Count; i++)
        {
            tasks.AddRange(Rows(data["tasks"]).Where(task => (string?)task["parent"] == Gid(tasks[i])));
        }

        HashSet<string> parents = [boardGid, .. tasks.Where(IsHidden).Select(Gid)];
        List<JsonNode> content =
        [
            board,
            .. tasks,
            .. Rows(data["stories"]).Where(story => (string)story["type"]! == "comment" && IsOn(story, "target")),
            .. Rows(data["attachments"]).Where(file => IsOn(file, "parent")),
            .. Rows(data["status_updates"]).Where(status => IsOn(status, "parent")),
        ];
        string boardName = (string)board["name"]!;
        string[] visible =
        [
            boardName,
            .. data.AsObject()
                .SelectMany(kind => Rows(kind.Value))
                .SelectMany(row => Rows(row["sections"]).Concat(Rows(row["options"])).OfType<JsonObject>().Prepend(row))
                .Where(row => !IsHidden(row))
                .SelectMany(WordsOf),
        ];
        return new BoardWords(
            [.. content.Concat(labels).Where(IsHidden).Select(Gid)],
            Kept(content.Where(IsHidden).SelectMany(WordsOf)),
            Kept(labels.Where(IsHidden).SelectMany(WordsOf))
        );

        bool IsHidden(JsonNode row) => (string?)access[Gid(row)] is null or "none";
        bool IsOn(JsonNode row, string property) => parents.Contains((string)row[property]!);
        IReadOnlyList<string> Kept(IEnumerable<string> words) =>
            [
                .. words
                    .Where(word =>
                        word.Length >= Shortest
                        && !visible.Any(text => text.Contains(word, StringComparison.OrdinalIgnoreCase))
                    )
                    .Distinct(StringComparer.OrdinalIgnoreCase),
            ];
    }

    /// <summary>What is written in an object, and of a task the texts in its fields.</summary>
    private static IEnumerable<string> WordsOf(JsonNode row) =>
        Written
            .Select(property => row[property])
            .Concat(row["custom_fields"] is JsonObject values ? values.Select(value => value.Value) : [])
            .OfType<JsonValue>()
            .Where(value => value.GetValueKind() == System.Text.Json.JsonValueKind.String)
            .Select(value => (string)value!);

    private static string Gid(JsonNode row) => (string?)row["gid"] ?? string.Empty;

    private static IEnumerable<JsonNode> Rows(JsonNode? list) => (list as JsonArray ?? []).Select(row => row!);

    private static bool Holds(JsonNode? array, string value) => Rows(array).Any(item => (string?)item == value);
}
