using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Behalf.Isolation.Tests;

public enum Kind
{
    Task,
    Project,
    User,
    Tag,
    Section,
    Team,
    Story,
    Workspace,
    CustomField,
    Portfolio,
    Goal,
}

/// <param name="Texts">What a reader of it would recognise: name, notes, comments.</param>
public sealed record PracticeObject(Kind Kind, string Gid, string Name, IReadOnlyList<string> Texts)
{
    /// <summary>The ways a model may name it.</summary>
    public IEnumerable<string> Spellings() =>
        Kind switch
        {
            Kind.Task => [Gid, Name, $"https://app.asana.com/0/0/{Gid}"],
            Kind.Project => [Gid, Name, $"https://app.asana.com/0/{Gid}/list"],
            Kind.Story => [Gid],
            _ => [Gid, Name],
        };
}

/// <summary>Every object of the practice world with who may do what to it, as the sandbox says.</summary>
public sealed class Objects
{
    private readonly JsonNode _access;

    private Objects(IReadOnlyList<PracticeObject> all, JsonNode access)
    {
        All = all;
        _access = access;
    }

    public IReadOnlyList<PracticeObject> All { get; }

    public IEnumerable<PracticeObject> Of(Kind kind) => All.Where(o => o.Kind == kind);

    /// <returns>none, read, comment or edit.</returns>
    public string Access(string person, string gid) => (string?)_access[person]![gid] ?? "none";

    public bool Sees(string person, string gid) => Access(person, gid) != "none";

    /// <summary>
    /// What must never reach a person: gids and texts of objects they have no access to, except texts that also stand in
    /// something they may see.
    /// </summary>
    public IReadOnlyList<string> Forbidden(string person)
    {
        HashSet<string> visible = [.. All.Where(o => Sees(person, o.Gid)).SelectMany(o => o.Texts.Append(o.Gid))];
        return
        [
            .. All.Where(o => !Sees(person, o.Gid))
                .SelectMany(o => o.Texts.Append(o.Gid))
                .Where(text =>
                    text.Length > 5 && !visible.Any(seen => seen.Contains(text, StringComparison.OrdinalIgnoreCase))
                )
                .Distinct(StringComparer.Ordinal),
        ];
    }

    public static async Task<Objects> ReadAsync(HttpClient judge, CancellationToken cancellationToken)
    {
        JsonNode world = (await judge.GetFromJsonAsync<JsonNode>("/_sandbox/world", cancellationToken))!;
        JsonNode data = (await judge.GetFromJsonAsync<JsonNode>("/_sandbox/data", cancellationToken))!;
        List<PracticeObject> all =
        [
            .. Rows(world, "users")
                .Select(u => new PracticeObject(
                    Kind.User,
                    (string)u["gid"]!,
                    (string)u["name"]!,
                    [(string)u["name"]!, (string)u["email"]!]
                )),
            .. Rows(world, "workspaces").Select(w => Plain(Kind.Workspace, w)),
            .. Rows(data, "teams").Select(t => Plain(Kind.Team, t)),
            .. Rows(data, "tags").Select(t => Plain(Kind.Tag, t)),
            .. Rows(data, "portfolios").Select(p => Plain(Kind.Portfolio, p)),
            .. Rows(data, "goals").Select(g => With(Plain(Kind.Goal, g), (string?)g["notes"])),
            .. Rows(data, "projects").SelectMany(p => p["sections"]!.AsArray()).Select(s => Plain(Kind.Section, s!)),
            .. Rows(data, "custom_fields").Select(f => Plain(Kind.CustomField, f)),
            .. Rows(data, "projects").Select(p => With(Plain(Kind.Project, p), (string?)p["notes"])),
            .. Rows(data, "tasks").Select(t => With(Plain(Kind.Task, t), (string?)t["notes"])),
            .. Rows(data, "stories")
                .Where(s => (string)s["type"]! == "comment")
                .Select(s => new PracticeObject(
                    Kind.Story,
                    (string)s["gid"]!,
                    (string)s["text"]!,
                    [(string)s["text"]!]
                )),
        ];
        return new Objects(all, world["access"]!);
    }

    private static IEnumerable<JsonNode> Rows(JsonNode report, string name) =>
        report[name]!.AsArray().Select(row => row!);

    private static PracticeObject Plain(Kind kind, JsonNode row) =>
        new(kind, (string)row["gid"]!, (string)row["name"]!, [(string)row["name"]!]);

    private static PracticeObject With(PracticeObject plain, string? notes) =>
        string.IsNullOrWhiteSpace(notes) ? plain : plain with { Texts = [.. plain.Texts, notes] };
}
