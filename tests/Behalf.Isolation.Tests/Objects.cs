using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
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
    Option,
    Attachment,
    StatusUpdate,
}

/// <param name="Texts">What a reader of it would recognise: name, notes, comments.</param>
public sealed record PracticeObject(Kind Kind, string Gid, string Name, IReadOnlyList<string> Texts)
{
    /// <summary>The ways a model may name it.</summary>
    public IEnumerable<string> Spellings() =>
        Kind switch
        {
            Kind.Task =>
            [
                Gid,
                Name,
                $"https://app.asana.com/0/0/{Gid}",
                $"https://app.asana.com/1/12/task/{Gid}",
                $"https://app.asana.com/1/12/project/34/task/{Gid}?focus=true",
            ],
            Kind.Project =>
            [
                Gid,
                Name,
                $"https://app.asana.com/0/{Gid}/list",
                $"https://app.asana.com/1/12/project/{Gid}/board",
            ],
            Kind.User =>
            [
                Gid,
                Name,
                Texts[1],
                $"https://app.asana.com/0/profile/{Gid}",
                $"https://app.asana.com/1/12/profile/{Gid}",
            ],
            Kind.Portfolio or Kind.Goal =>
            [
                Gid,
                Name,
                $"https://app.asana.com/0/{Word}/{Gid}",
                $"https://app.asana.com/1/12/{Word}/{Gid}",
            ],
            Kind.Story => [Gid],
            _ => [Gid, Name],
        };

    /// <value>No other object can be meant by it.</value>
    public bool IsExact(string spelling) =>
        spelling.Contains(Gid, StringComparison.Ordinal) || (Kind == Kind.User && spelling == Texts[1]);

    private string Word => Kind == Kind.Portfolio ? "portfolio" : "goal";
}

/// <summary>Words that are an object's only together with another, such as the value of a field of a task.</summary>
/// <param name="Ways">Who sees all objects of one of these may read it.</param>
public sealed record PracticeValue(string Text, IReadOnlyList<IReadOnlyList<string>> Ways);

/// <summary>Every object of the practice world with who may do what to it, as the sandbox says.</summary>
public sealed class Objects
{
    /// <summary>Shorter names and texts stand in too many places to tell anything.</summary>
    private const int Shortest = 6;

    private readonly JsonNode _access;

    private Objects(IReadOnlyList<PracticeObject> all, IReadOnlyList<PracticeValue> values, JsonNode world)
    {
        All = all;
        Values = values;
        World = world;
        _access = world["access"]!;
    }

    public IReadOnlyList<PracticeObject> All { get; }

    public IReadOnlyList<PracticeValue> Values { get; }

    /// <value>The cast and the places, as the sandbox tells them.</value>
    public JsonNode World { get; }

    /// <value>Planted in what not everybody may see: none of them belongs into a log.</value>
    public IReadOnlyList<string> Canaries =>
        [
            .. All.SelectMany(one => one.Texts)
                .Concat(Values.Select(value => value.Text))
                .Where(text => text.Contains("canary", StringComparison.OrdinalIgnoreCase))
                .Distinct(StringComparer.Ordinal),
        ];

    public IEnumerable<PracticeObject> Of(Kind kind) => All.Where(o => o.Kind == kind);

    /// <returns>none, read, comment or edit.</returns>
    public string Access(string person, string gid) => (string?)_access[person]![gid] ?? "none";

    public bool Sees(string person, string gid) => Access(person, gid) != "none";

    /// <summary>Whether the workspace is on a paid plan, which covers all but guests.</summary>
    public bool HasPlanFor(string person, string workspace)
    {
        JsonNode place = World["workspaces"]!.AsArray().Single(one => (string)one!["gid"]! == workspace)!;
        return (string)place["plan"]! == "premium"
            && !place["guests"]!.AsArray().Any(guest => (string)guest! == person);
    }

    /// <summary>
    /// What must never reach a person: gids and texts of objects they have no access to, except texts that also stand in
    /// something they may see.
    /// </summary>
    public IReadOnlyList<string> Forbidden(string person)
    {
        HashSet<string> visible =
        [
            .. All.Where(o => Sees(person, o.Gid)).SelectMany(o => o.Texts.Append(o.Gid)),
            .. Values.Where(value => Reads(person, value)).Select(value => value.Text),
        ];
        return
        [
            .. All.Where(o => !Sees(person, o.Gid))
                .SelectMany(o => o.Texts.Append(o.Gid))
                .Where(text => text.Length >= Shortest)
                .Concat(Values.Where(value => !Reads(person, value)).Select(value => value.Text))
                .Where(text => !visible.Any(seen => seen.Contains(text, StringComparison.OrdinalIgnoreCase)))
                .Distinct(StringComparer.Ordinal),
        ];
    }

    /// <summary>Something of a kind for the arguments that are not the point: editable, else visible, else any.</summary>
    public PracticeObject Known(string person, Kind kind) =>
        Of(kind).FirstOrDefault(one => Access(person, one.Gid) == "edit")
        ?? Of(kind).FirstOrDefault(one => Sees(person, one.Gid))
        ?? Of(kind).First();

    private bool Reads(string person, PracticeValue value) => value.Ways.Any(way => way.All(gid => Sees(person, gid)));

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
            .. Rows(data, "teams").Select(t => With(Plain(Kind.Team, t), t["description"])),
            .. Rows(data, "tags").Select(t => Plain(Kind.Tag, t)),
            .. Rows(data, "portfolios").Select(p => Plain(Kind.Portfolio, p)),
            .. Rows(data, "goals").Select(g => With(Plain(Kind.Goal, g), g["notes"])),
            .. Rows(data, "projects").SelectMany(p => p["sections"]!.AsArray()).Select(s => Plain(Kind.Section, s!)),
            .. Rows(data, "custom_fields").Select(f => With(Plain(Kind.CustomField, f), f["description"])),
            .. Rows(data, "custom_fields").SelectMany(f => f["options"]!.AsArray()).Select(o => Plain(Kind.Option, o!)),
            .. Rows(data, "projects").Select(p => With(Plain(Kind.Project, p), p["notes"])),
            .. Rows(data, "tasks").Select(t => With(Plain(Kind.Task, t), t["notes"])),
            .. Rows(data, "attachments").Select(a => With(Plain(Kind.Attachment, a), a["text"])),
            .. Rows(data, "status_updates")
                .Select(s => new PracticeObject(
                    Kind.StatusUpdate,
                    (string)s["gid"]!,
                    (string)s["title"]!,
                    [(string)s["title"]!, (string)s["text"]!]
                )),
            .. Rows(data, "stories")
                .Where(s => (string)s["type"]! == "comment")
                .Select(s => new PracticeObject(
                    Kind.Story,
                    (string)s["gid"]!,
                    (string)s["text"]!,
                    [(string)s["text"]!]
                )),
        ];
        return new Objects(all, [.. FieldValues(data)], world);
    }

    /// <summary>
    /// Texts in fields of tasks: for whoever sees the task and one of its projects that has the field. Options are objects
    /// of their own; numbers and dates tell nothing by themselves.
    /// </summary>
    private static IEnumerable<PracticeValue> FieldValues(JsonNode data) =>
        from task in Rows(data, "tasks")
        let places = task["projects"]!.AsArray().Select(place => (string)place!).ToHashSet(StringComparer.Ordinal)
        from value in task["custom_fields"]!.AsObject()
        where value.Value?.GetValueKind() == JsonValueKind.String
        let text = (string)value.Value!
        where !DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
        select new PracticeValue(
            text,
            [
                .. Rows(data, "projects")
                    .Where(project =>
                        places.Contains((string)project["gid"]!)
                        && project["fields"]!.AsArray().Any(field => (string)field! == value.Key)
                    )
                    .Select(project =>
                        (IReadOnlyList<string>)[(string)task["gid"]!, (string)project["gid"]!, value.Key]
                    ),
            ]
        );

    private static IEnumerable<JsonNode> Rows(JsonNode report, string name) =>
        report[name]!.AsArray().Select(row => row!);

    private static PracticeObject Plain(Kind kind, JsonNode row) =>
        new(kind, (string)row["gid"]!, (string)row["name"]!, [(string)row["name"]!]);

    private static PracticeObject With(PracticeObject plain, JsonNode? words) =>
        (string?)words is { } text && !string.IsNullOrWhiteSpace(text)
            ? plain with
            {
                Texts = [.. plain.Texts, text],
            }
            : plain;
}
