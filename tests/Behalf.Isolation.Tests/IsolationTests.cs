using System.Text.Json.Nodes;
using Behalf.Client;

namespace Behalf.Isolation.Tests;

/// <summary>
/// What a person cannot do at the provider, no tool does for them: every person × every tool × every object of a kind the
/// tool takes, named in every way. The sandbox's own access table is the judge.
/// </summary>
public sealed class IsolationTests(Practice practice)
{
    private const int Concurrency = 4;

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
    public async Task EveryOfferedToolIsProbed(string person)
    {
        UserTools offered = await practice.As(person).ListToolsAsync(TestContext.Current.CancellationToken);

        offered.Tools.Select(tool => tool.Name).Should().BeEquivalentTo(ToolTable.Cases.Select(c => c.Tool).Distinct());
    }

    [Theory]
    [MemberData(nameof(PeopleAndTools))]
    public async Task ToolReturnsOnlyWhatThePersonMaySee_AndChangesOnlyWhatThePersonMayChange(string person, int index)
    {
        ToolCase probe = ToolTable.Cases[index];
        IReadOnlyList<string> forbidden = practice.Objects.Forbidden(person);
        forbidden.Should().NotBeEmpty("every person is kept from something in this world");

        await Parallel.ForEachAsync(
            Attempts(person, probe),
            new ParallelOptions
            {
                MaxDegreeOfParallelism = Concurrency,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            async (attempt, cancellationToken) =>
            {
                ToolOutcome outcome = await practice
                    .As(person)
                    .CallToolAsync(probe.Tool, attempt.Arguments, "isolation", cancellationToken);
                string text = TextOf(outcome);
                string asked = attempt.Arguments.ToJsonString(Plain);
                foreach (string word in forbidden)
                {
                    (text.Contains(word, StringComparison.OrdinalIgnoreCase) && !Echoes(asked, word))
                        .Should()
                        .BeFalse($"{person} called {probe.Tool} {asked} and must not read \"{word}\" in {text}");
                }

                if (outcome is ToolOutcome.Failed failed)
                {
                    failed
                        .Code.Should()
                        .BeOneOf(HonestRefusals, $"{person} called {probe.Tool} {asked}: {failed.Message}");
                }

                if (attempt.MustFail)
                {
                    DidNothing(outcome).Should().BeTrue($"{person} may not {probe.Tool} {asked}: {text}");
                }
            }
        );
    }

    [Theory]
    [MemberData(nameof(People))]
    public async Task ListedProjectsAreExactlyThoseThePersonMaySee(string person)
    {
        IReadOnlySet<string> listed = await GidsAsync(
            person,
            "asana_list_projects",
            practice.Objects.Of(Kind.Workspace).Where(w => practice.Objects.Sees(person, w.Gid)).Select(w => w.Gid),
            "workspace",
            "projects"
        );
        JsonNode data = await practice.DataAsync(TestContext.Current.CancellationToken);
        IEnumerable<string> visible = data["projects"]!
            .AsArray()
            .Where(p => !(bool)p!["archived"]! && practice.Objects.Sees(person, (string)p["gid"]!))
            .Select(p => (string)p!["gid"]!);

        listed.Should().BeEquivalentTo(visible);
    }

    [Theory]
    [MemberData(nameof(People))]
    public async Task ListedTasksOfAProjectAreExactlyThoseThePersonMaySee(string person)
    {
        JsonNode data = await practice.DataAsync(TestContext.Current.CancellationToken);
        foreach (JsonNode? project in data["projects"]!.AsArray())
        {
            string gid = (string)project!["gid"]!;
            if (!practice.Objects.Sees(person, gid))
            {
                continue;
            }

            IReadOnlySet<string> listed = await GidsAsync(person, "asana_list_tasks", [gid], "project", "tasks");
            IEnumerable<string> visible = project["tasks"]!
                .AsArray()
                .Select(task => (string)task!)
                .Where(task => practice.Objects.Sees(person, task) && IsOpen(data, task));
            listed.Should().BeEquivalentTo(visible, $"{person} lists {project["name"]}");
        }
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
                TestContext.Current.CancellationToken
            );
            string text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

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
        string[] pair = ["alice", "bob"];
        Dictionary<string, string> own = pair.ToDictionary(
            p => p,
            p => practice.Objects.Of(Kind.User).Single(u => u.Texts[1].StartsWith(p, StringComparison.Ordinal)).Gid,
            StringComparer.Ordinal
        );

        await Parallel.ForEachAsync(
            Enumerable.Range(0, 300),
            new ParallelOptions
            {
                MaxDegreeOfParallelism = 50,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            async (i, cancellationToken) =>
            {
                string person = pair[i % 2];
                ToolOutcome outcome = await practice
                    .As(person)
                    .CallToolAsync("asana_get_me", [], null, cancellationToken);
                outcome.Should().BeOfType<ToolOutcome.Succeeded>();
                TextOf(outcome).Should().Contain(own[person]).And.NotContain(own[pair[(i + 1) % 2]]);
            }
        );
    }

    [Theory]
    [MemberData(nameof(People))]
    public async Task NoPrivateTextAndNoTokenStandsInTheLog(string person)
    {
        await practice.As(person).CallToolAsync("asana_list_my_tasks", [], null, TestContext.Current.CancellationToken);
        IReadOnlyList<string> canaries =
        [
            .. practice.Objects.All.SelectMany(o => o.Texts).Where(t => t.Contains("Canary", StringComparison.Ordinal)),
        ];

        practice.Log.Lines.Should().NotBeEmpty();
        foreach (string line in practice.Log.Lines)
        {
            canaries.Where(canary => line.Contains(canary, StringComparison.Ordinal)).Should().BeEmpty(line);
            line.Should().NotContain("Bearer ").And.NotContain("sks_");
        }
    }

    /// <summary>A refusal; of several things at once, one for each.</summary>
    private static bool DidNothing(ToolOutcome outcome) =>
        outcome is ToolOutcome.Failed
        || (outcome is ToolOutcome.Succeeded { Data: var data } && data["created"]?.ToString() == "0");

    /// <summary>Writes are tried only where the person may not write, so that the world stays as it is.</summary>
    private IEnumerable<(JsonObject Arguments, bool MustFail)> Attempts(string person, ToolCase probe)
    {
        if (probe.Takes is not { } kind)
        {
            yield return (probe.Others.DeepClone().AsObject(), false);
            yield break;
        }

        foreach (PracticeObject target in practice.Objects.Of(kind))
        {
            string access = practice.Objects.Access(person, target.Gid);
            bool isComment = probe.Tool == "asana_add_comment_to_task";
            bool mayWrite = access == "edit" || (isComment && access == "comment");
            // Whoever sees a workspace or a team may make something there.
            if (probe.Writes && (mayWrite || (kind is Kind.Team or Kind.Workspace && access != "none")))
            {
                continue;
            }

            foreach (string spelling in TakesNumbersOnly(probe) ? [target.Gid] : target.Spellings())
            {
                // A name may also be the name of something the person may see or change.
                bool isAlone = spelling.Contains(target.Gid, StringComparison.Ordinal) || IsOnlyOneNamed(target);
                bool mustFail = isAlone && (probe.Writes || (access == "none" && FailsWhenHidden(probe.Tool)));
                if (!probe.Writes || isAlone)
                {
                    yield return (probe.With(spelling, Practice.Other(person)), mustFail);
                }
            }
        }
    }

    private static bool TakesNumbersOnly(ToolCase probe) =>
        probe is { Argument: "parent", Tool: "asana_list_attachments" or "asana_attach_file" };

    private bool IsOnlyOneNamed(PracticeObject target) =>
        !practice.Objects.All.Any(other =>
            other.Gid != target.Gid && other.Name.Contains(target.Name, StringComparison.OrdinalIgnoreCase)
        );

    /// <summary>Searches answer "nothing found"; the others must say that there is no such thing.</summary>
    private static bool FailsWhenHidden(string tool) =>
        tool is not ("asana_find" or "asana_search_tasks" or "asana_request_access");

    private async Task<IReadOnlySet<string>> GidsAsync(
        string person,
        string tool,
        IEnumerable<string> contexts,
        string argument,
        string rows
    )
    {
        HashSet<string> gids = new(StringComparer.Ordinal);
        foreach (string context in contexts)
        {
            string? cursor = null;
            do
            {
                JsonObject arguments = new() { [argument] = context, ["limit"] = 3 };
                if (cursor is not null)
                {
                    arguments["cursor"] = cursor;
                }

                ToolOutcome outcome = await practice
                    .As(person)
                    .CallToolAsync(tool, arguments, null, TestContext.Current.CancellationToken);
                JsonObject data = outcome.Should().BeOfType<ToolOutcome.Succeeded>(TextOf(outcome)).Subject.Data;
                foreach (JsonNode? row in data[rows]!.AsArray())
                {
                    gids.Add((string)row!["gid"]!).Should().BeTrue("no row comes twice");
                }

                cursor = (string?)data["next_cursor"];
            } while (cursor is not null);
        }

        return gids;
    }

    private static bool IsOpen(JsonNode data, string gid) =>
        data["tasks"]!.AsArray().Any(task => (string)task!["gid"]! == gid && !(bool)task["completed"]!);

    private static string TextOf(ToolOutcome outcome) =>
        outcome switch
        {
            ToolOutcome.Succeeded succeeded => succeeded.Data.ToJsonString(Plain),
            ToolOutcome.Failed failed => $"{failed.Code}: {failed.Message}",
            _ => throw new InvalidOperationException("A third kind of outcome."),
        };

    /// <summary>A message may repeat what the caller itself wrote.</summary>
    private static bool Echoes(string asked, string word) => asked.Contains(word, StringComparison.OrdinalIgnoreCase);

    internal static System.Text.Json.JsonSerializerOptions Plain { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
