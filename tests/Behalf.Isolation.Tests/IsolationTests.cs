using System.Text.Json.Nodes;
using Behalf.Client;

namespace Behalf.Isolation.Tests;

/// <summary>
/// What a person cannot do at the provider, no tool does for them: every person × every tool × every object of a kind the
/// tool takes, named in every way. The sandbox's own access table is the judge.
/// </summary>
[Collection(PracticeHouse.OneAtATime)]
public sealed class IsolationTests(Practice practice)
{
    private const int Concurrency = 12;

    /// <summary>What a permission may lead to; a limit, a fault of ours or of the provider would prove nothing.</summary>
    private static readonly string[] HonestRefusals =
    [
        "not_found_or_no_access",
        "no_permission",
        "scope_missing",
        "plan_required",
        "ambiguous",
        "invalid_input",
    ];

    private readonly Attempts _attempts = new(practice.Objects);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> People() => new(Practice.People);

    public static TheoryData<string, int> PeopleAndTools()
    {
        TheoryData<string, int> data = [];
        foreach (string person in Practice.People)
        {
            for (int i = 0; i < ToolTable.Cases.Count; i++)
            {
                data.Add(person, i);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(People))]
    public async Task EveryArgumentThatNamesSomethingIsProbed(string person)
    {
        UserTools offered = await practice.As(person).ListToolsAsync(Cancellation);

        offered.Tools.Select(tool => tool.Name).Should().BeEquivalentTo(ToolTable.Cases.Select(c => c.Tool).Distinct());
        foreach (UserTool tool in offered.Tools)
        {
            IEnumerable<string> naming = Properties(JsonObject.Create(tool.InputSchema)!, "")
                .Where(path => !ToolTable.NamesNothing.Contains(path.Split('.')[^1]));
            IEnumerable<string> probed = ToolTable
                .Cases.Where(one => one.Tool == tool.Name)
                .SelectMany(one => one.Points)
                // Every tool with a workspace is pointed at hidden ones below.
                .Append("workspace");

            naming.Except(probed).Should().BeEmpty($"{tool.Name} can be pointed at something by each of them");
        }
    }

    [Theory]
    [MemberData(nameof(PeopleAndTools))]
    public async Task ToolReturnsOnlyWhatThePersonMaySee_AndChangesOnlyWhatThePersonMayChange(string person, int index)
    {
        ToolCase probe = ToolTable.Cases[index];
        IReadOnlyList<string> forbidden = practice.Objects.Forbidden(person);
        forbidden.Should().NotBeEmpty("every person is kept from something in this world");

        await Parallel.ForEachAsync(
            _attempts.Of(person, probe),
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = Cancellation },
            async (attempt, cancellationToken) => await TryAsync(person, attempt, forbidden, cancellationToken)
        );
    }

    [Theory]
    [MemberData(nameof(People))]
    public async Task NoToolWorksInAWorkspaceThatIsHidden(string person)
    {
        IReadOnlyList<string> forbidden = practice.Objects.Forbidden(person);
        UserTools offered = await practice.As(person).ListToolsAsync(Cancellation);
        IEnumerable<string> tools = offered
            .Tools.Where(tool => tool.InputSchema.GetProperty("properties").TryGetProperty("workspace", out _))
            .Select(tool => tool.Name);

        foreach (Attempt attempt in tools.SelectMany(tool => _attempts.InHiddenWorkspaces(person, tool)))
        {
            await TryAsync(person, attempt, forbidden, Cancellation);
        }
    }

    /// <summary>An argument of one kind is not taken for a secret of another: every canary of the world is watched.</summary>
    [Fact]
    public async Task EveryCanaryOfTheWorldIsForbiddenToSomebody()
    {
        JsonNode world = JsonNode.Parse(
            await File.ReadAllTextAsync(
                Path.Combine(Repository.Root, "src", "Behalf.Sandbox", "World", "acme.json"),
                Cancellation
            )
        )!;
        HashSet<string> keys = [.. Strings(world).Where(one => one.Name == "key").Select(one => one.Text)];
        string[] canaries =
        [
            .. Strings(world)
                .Select(one => one.Text)
                .Where(text => text.Contains("canary", StringComparison.OrdinalIgnoreCase) && !keys.Contains(text)),
        ];
        canaries.Should().HaveCountGreaterThan(30);

        canaries.Except(PracticeHouse.People.SelectMany(practice.Objects.Forbidden)).Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(People))]
    public async Task ProxyShowsOnlyWhatThePersonMaySee(string person)
    {
        IReadOnlyList<string> forbidden = practice.Objects.Forbidden(person);
        foreach (PracticeObject one in practice.Objects.Of(Kind.Task).Concat(practice.Objects.Of(Kind.Project)))
        {
            string path = $"/api/1.0/{(one.Kind == Kind.Task ? "tasks" : "projects")}/{one.Gid}";
            using HttpResponseMessage answer = await practice.Behalf.Proxy.SendAsync(
                new ProxyRequest
                {
                    Connection = "asana",
                    Identifier = person,
                    Path = path,
                },
                Cancellation
            );
            string text = await answer.Content.ReadAsStringAsync(Cancellation);

            answer.IsSuccessStatusCode.Should().Be(practice.Objects.Sees(person, one.Gid), $"{person} {path}: {text}");
            forbidden
                .Where(word => text.Contains(word, StringComparison.OrdinalIgnoreCase) && !Echoes(path, word))
                .Should()
                .BeEmpty($"{person} {path}");
        }
    }

    [Fact]
    public async Task InterleavedCallsOfTwoPeopleNeverMix()
    {
        const int each = 300;
        string[] pair = ["alice", "bob"];
        Dictionary<string, IReadOnlyList<string>> forbidden = pair.ToDictionary(
            person => person,
            practice.Objects.Forbidden,
            StringComparer.Ordinal
        );
        // Reads of different arguments only: equal ones of one person may be answered once for all.
        // Each object is pointed at by one of the two, so that a request for it says whose it must be.
        Dictionary<string, string> owner = practice
            .Objects.All.Select((one, index) => (one.Gid, Person: pair[index % pair.Length]))
            .ToDictionary(one => one.Gid, one => one.Person, StringComparer.Ordinal);
        Attempt[][] attempts =
        [
            .. pair.Select(person =>
                ToolTable
                    .Cases.Where(one => one is { Use: Use.Reads, Takes: Kind.Task or Kind.Project })
                    .SelectMany(one => _attempts.Of(person, one))
                    .Where(one => owner[one.Target] == person && (one.MustWork || one.MustFail))
                    .Take(each)
                    .ToArray()
            ),
        ];
        attempts.Should().OnlyContain(one => one.Length == each);
        long before = await practice.LastRequestAsync(Cancellation);

        await Parallel.ForEachAsync(
            Enumerable.Range(0, each * pair.Length),
            new ParallelOptions { MaxDegreeOfParallelism = 50, CancellationToken = Cancellation },
            async (i, cancellationToken) =>
            {
                string person = pair[i % pair.Length];
                await TryAsync(
                    person,
                    attempts[i % pair.Length][i / pair.Length],
                    forbidden[person],
                    cancellationToken
                );
            }
        );

        JsonNode[] seen = [.. (await practice.RequestsAsync(Cancellation, before)).Select(request => request!)];
        seen.Select(request => (string?)request["user"]).Distinct().Should().BeEquivalentTo(pair);
        for (int i = 0; i < pair.Length; i++)
        {
            string[] own = [.. seen.Where(one => (string?)one["user"] == pair[i]).Select(one => (string)one["body"]!)];
            own.Should()
                .HaveCountGreaterThanOrEqualTo(
                    attempts[i].Count(one => one.MustWork),
                    $"what {pair[i]} reads is asked for with the token of {pair[i]}"
                );
            forbidden[pair[i]].Where(word => own.Any(body => body.Contains(word, Ordinary))).Should().BeEmpty(pair[i]);
        }

        foreach (JsonNode request in seen)
        {
            string path = (string)request["path"]!;
            owner
                .Where(one => path.Contains(one.Key, StringComparison.Ordinal) && IsPointedAt(one.Key))
                .Should()
                .OnlyContain(one => one.Value == (string?)request["user"], path);
        }

        bool IsPointedAt(string gid) => attempts.Any(some => some.Any(one => one.Target == gid));
    }

    private const StringComparison Ordinary = StringComparison.OrdinalIgnoreCase;

    private async Task TryAsync(
        string person,
        Attempt attempt,
        IReadOnlyList<string> forbidden,
        CancellationToken cancellationToken
    )
    {
        ToolOutcome outcome = await practice
            .As(person)
            .CallToolAsync(attempt.Tool, attempt.Arguments, "isolation", cancellationToken);
        string text = TextOf(outcome);
        string asked = attempt.Arguments.ToJsonString(Plain);
        string call = $"{person} called {attempt.Tool} {asked}: {text}";
        forbidden.Where(word => text.Contains(word, Ordinary) && !Echoes(asked, word)).Should().BeEmpty(call);
        if (outcome is ToolOutcome.Failed failed)
        {
            failed.Code.Should().BeOneOf(HonestRefusals, call);
        }

        if (attempt.MustFail)
        {
            DidNothing(outcome).Should().BeTrue(call);
        }

        if (attempt.MustWork)
        {
            outcome.Should().BeOfType<ToolOutcome.Succeeded>(call);
        }

        if (attempt.Shows is { } gid)
        {
            text.Should().Contain(gid, call);
        }
    }

    /// <summary>A refusal; of several things at once, one for each.</summary>
    private static bool DidNothing(ToolOutcome outcome) =>
        outcome is ToolOutcome.Failed
        || (outcome is ToolOutcome.Succeeded { Data: var data } && data["created"]?.ToString() == "0");

    /// <summary>The properties of a schema, those of objects in a list as <c>tasks.project</c>.</summary>
    private static IEnumerable<string> Properties(JsonObject schema, string at) =>
        schema["properties"]!
            .AsObject()
            .SelectMany(one =>
                one.Value!["items"] is JsonObject items && items.ContainsKey("properties")
                    ? Properties(items, $"{at}{one.Key}.")
                    : [at + one.Key]
            );

    private static IEnumerable<(string Name, string Text)> Strings(JsonNode? node, string name = "") =>
        node switch
        {
            JsonObject map => map.SelectMany(pair => Strings(pair.Value, pair.Key)),
            JsonArray list => list.SelectMany(item => Strings(item, name)),
            JsonValue value when value.TryGetValue(out string? text) => [(name, text)],
            _ => [],
        };

    private static string TextOf(ToolOutcome outcome) =>
        outcome switch
        {
            ToolOutcome.Succeeded succeeded => succeeded.Data.ToJsonString(Plain),
            ToolOutcome.Failed failed => $"{failed.Code}: {failed.Message}",
            _ => throw new InvalidOperationException("A third kind of outcome."),
        };

    /// <summary>A message may repeat what the caller itself wrote.</summary>
    private static bool Echoes(string asked, string word) => asked.Contains(word, Ordinary);

    internal static System.Text.Json.JsonSerializerOptions Plain { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
