using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Behalf.Cli.Demo;

/// <param name="Sequence">Its place in the sandbox's log.</param>
/// <param name="User">Whose token it came with.</param>
/// <param name="Body">What was answered.</param>
internal sealed record SeenRequest(long Sequence, string? User, string Method, string Path, int Status, string Body);

/// <summary>
/// Looks at the sandbox's own data and its log of answers. Nothing here asks the agent or the server: a step holds when
/// the provider says so.
/// </summary>
internal sealed class Judge(HttpClient sandbox, World world)
{
    public async Task<JsonNode> DataAsync(CancellationToken cancellationToken) =>
        (await sandbox.GetFromJsonAsync<JsonNode>("/_sandbox/data", cancellationToken))!;

    public async Task<IReadOnlyList<SeenRequest>> RequestsSinceAsync(long sequence, CancellationToken cancellationToken)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/_sandbox/requests?since={sequence}");
        JsonNode log = (await sandbox.GetFromJsonAsync<JsonNode>(path, cancellationToken))!;
        return
        [
            .. log["requests"]!
                .AsArray()
                .Select(entry => new SeenRequest(
                    (long)entry!["sequence"]!,
                    (string?)entry["user"],
                    (string)entry["method"]!,
                    (string)entry["path"]!,
                    (int)entry["status"]!,
                    (string)entry["body"]!
                )),
        ];
    }

    public async Task<long> LastSequenceAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<SeenRequest> all = await RequestsSinceAsync(0, cancellationToken);
        return all.Count == 0 ? 0 : all[^1].Sequence;
    }

    /// <summary>The created task: in its project, by its creator, assigned, with its priority; exactly one.</summary>
    public async Task<string> CheckCreatedTaskAsync(CancellationToken cancellationToken)
    {
        JsonNode data = await DataAsync(cancellationToken);
        List<JsonNode> found =
        [
            .. data["tasks"]!
                .AsArray()
                .Where(task => (string)task!["name"]! == world.TaskName && Holds(task["projects"]!, world.ProjectGid))
                .Select(task => task!),
        ];
        Require(found.Count == 1, $"\"{world.TaskName}\" exists {found.Count} times in \"{world.ProjectName}\"");
        JsonNode created = found[0];
        Require((string)created["created_by"]! == world.Creator.Key, $"it was created by {created["created_by"]}");
        Require(
            (string?)created["assignee"] == world.Creator.Key,
            $"it is assigned to {created["assignee"] ?? "nobody"}"
        );
        string? priority = (string?)created["custom_fields"]![world.PriorityFieldGid]?["name"];
        Require(priority == world.PriorityOption, $"its {world.PriorityFieldName} is {priority ?? "not set"}");
        return $"exists · created by {world.Creator.Key} · assignee {world.Creator.Key} · {world.PriorityFieldName} {priority}";
    }

    /// <summary>Everything of the board that the outsider may not read, except its name, which stands in the question.</summary>
    public async Task<BoardWords> BoardWordsAsync(CancellationToken cancellationToken)
    {
        JsonNode data = await DataAsync(cancellationToken);
        JsonNode report = (await sandbox.GetFromJsonAsync<JsonNode>("/_sandbox/world", cancellationToken))!;
        BoardWords words = BoardWords.Of(data, report["access"]![world.Outsider.Key]!, world.BoardGid);
        Require(words.Texts.Count > 0, $"\"{world.BoardName}\" holds nothing that is kept from {world.Outsider.Key}");
        return words;
    }

    /// <summary>The names of the board's open tasks.</summary>
    public async Task<IReadOnlyList<string>> BoardTasksAsync(CancellationToken cancellationToken)
    {
        JsonNode data = await DataAsync(cancellationToken);
        return
        [
            .. data["tasks"]!
                .AsArray()
                .Where(task => Holds(task!["projects"]!, world.BoardGid) && !(bool)task["completed"]!)
                .Select(task => (string)task!["name"]!),
        ];
    }

    /// <summary>Comments with the story's words: (author, gid of the task, whether the creator is its assignee).</summary>
    public async Task<IReadOnlyList<(string Author, string Task, bool OnOwnTask)>> CommentsAsync(
        CancellationToken cancellationToken
    )
    {
        JsonNode data = await DataAsync(cancellationToken);
        Dictionary<string, JsonNode> tasks = data["tasks"]!
            .AsArray()
            .ToDictionary(task => (string)task!["gid"]!, task => task!, StringComparer.Ordinal);
        return
        [
            .. data["stories"]!
                .AsArray()
                .Where(story => (string)story!["type"]! == "comment" && (string)story["text"]! == world.Comment)
                .Select(story =>
                    (
                        (string)story!["author"]!,
                        (string)tasks[(string)story["target"]!]["name"]!,
                        (string?)tasks[(string)story["target"]!]["assignee"] == world.Creator.Key
                            && !(bool)tasks[(string)story["target"]!]["completed"]!
                    )
                ),
        ];
    }

    /// <summary>What the shared service account answers to anybody.</summary>
    public async Task<IReadOnlyList<string>> AskAsServiceAccountAsync(CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(
            HttpMethod.Get,
            $"/api/1.0/projects/{world.BoardGid}/tasks?limit=100&completed_since=now&opt_fields=name"
        );
        request.Headers.Authorization = new("Bearer", world.ServiceAccountToken);
        using HttpResponseMessage response = await sandbox.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        JsonNode body = (await response.Content.ReadFromJsonAsync<JsonNode>(cancellationToken))!;
        return [.. body["data"]!.AsArray().Select(task => (string)task!["name"]!)];
    }

    public static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new DemoFailedException(otherwise);
        }
    }

    private static bool Holds(JsonNode array, string value) => array.AsArray().Any(item => (string?)item == value);
}
