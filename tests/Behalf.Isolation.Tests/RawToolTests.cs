using System.Text.Json.Nodes;
using Behalf.Client;

namespace Behalf.Isolation.Tests;

/// <summary>
/// The rest of Asana's API, one request each, which no list shows but anybody may call by name: the same fence holds.
/// Every person × every such tool × objects of the kind that it takes, hidden ones first.
/// </summary>
[Collection(PracticeHouse.OneAtATime)]
public sealed class RawToolTests(Practice practice)
{
    private const int MostHidden = 5;
    private const int MostVisible = 3;
    private const int Concurrency = 4;

    private static readonly string[] HonestRefusals =
    [
        "not_found_or_no_access",
        "no_permission",
        "plan_required",
        "invalid_input",
        "invalid_argument",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> People() => new(Practice.People);

    [Theory]
    [MemberData(nameof(People))]
    public async Task ToolGivesOnlyWhatThePersonMaySee_AndChangesNothingThatIsHidden(string person)
    {
        IReadOnlyList<RawTool> tools = await RawTool.AllAsync(practice.Behalf, Cancellation);
        tools.Should().HaveCountGreaterThan(140);
        // Asana itself numbers the people it hides: they read "Private User".
        IReadOnlyList<string> forbidden =
        [
            .. practice.Objects.Forbidden(person).Except(practice.Objects.Of(Kind.User).Select(user => user.Gid)),
        ];
        int hidden = 0;

        await Parallel.ForEachAsync(
            tools.SelectMany(tool => Attempts(person, tool)),
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = Cancellation },
            async (attempt, cancellationToken) =>
            {
                ToolOutcome outcome = await practice
                    .As(person)
                    .CallToolAsync(attempt.Tool.Name, attempt.Arguments, "isolation", cancellationToken);
                string asked = $"{person} called {attempt.Tool.Name} {attempt.Arguments.ToJsonString()}";
                string text = outcome switch
                {
                    ToolOutcome.Succeeded succeeded => succeeded.Data.ToJsonString(IsolationTests.Plain),
                    ToolOutcome.Failed failed => $"{failed.Code}: {failed.Message}",
                    _ => throw new InvalidOperationException("A third kind of outcome."),
                };
                forbidden
                    .Where(word =>
                        text.Contains(word, StringComparison.OrdinalIgnoreCase)
                        && !asked.Contains(word, StringComparison.OrdinalIgnoreCase)
                    )
                    .Should()
                    .BeEmpty($"{asked}: {text}");
                if (outcome is ToolOutcome.Failed { Code: var code })
                {
                    code.Should().BeOneOf(HonestRefusals, $"{asked}: {text}");
                }

                if (attempt.IsHidden)
                {
                    Interlocked.Increment(ref hidden);
                    (outcome is ToolOutcome.Failed || (attempt.Tool.IsReadOnly && IsEmpty(outcome)))
                        .Should()
                        .BeTrue($"{asked}: {text}");
                }
            }
        );

        hidden.Should().BeGreaterThan(100, "most tools were pointed at something hidden");
    }

    /// <summary>Writes are tried only on what is hidden, so that the world stays as it is.</summary>
    private IEnumerable<(RawTool Tool, JsonObject Arguments, bool IsHidden)> Attempts(string person, RawTool tool)
    {
        if (tool.Name == "asana_batch_create")
        {
            foreach (PracticeObject task in Hidden(person, Kind.Task))
            {
                yield return (
                    tool,
                    new JsonObject
                    {
                        ["actions"] = new JsonArray(
                            new JsonObject { ["method"] = "get", ["relative_path"] = $"/tasks/{task.Gid}" }
                        ),
                    },
                    false
                );
            }

            yield break;
        }

        // Of kinds that the world holds none of, anything hidden will do: it is the wrong kind as well.
        Kind kind = tool.Takes ?? Kind.Task;
        foreach (PracticeObject target in Hidden(person, kind))
        {
            yield return (tool, tool.With(target.Gid, Known(person)), tool.Argument.Length > 0);
        }

        if (tool.IsReadOnly)
        {
            IEnumerable<PracticeObject> visible = practice
                .Objects.Of(kind)
                .Where(one => practice.Objects.Sees(person, one.Gid));
            foreach (PracticeObject target in visible.Take(MostVisible))
            {
                yield return (tool, tool.With(target.Gid, Known(person)), false);
            }
        }
    }

    private IEnumerable<PracticeObject> Hidden(string person, Kind kind) =>
        practice.Objects.Of(kind).Where(one => !practice.Objects.Sees(person, one.Gid)).Take(MostHidden);

    /// <summary>Something the person sees, for the arguments that are not the point.</summary>
    private Func<Kind, string> Known(string person) =>
        kind =>
            practice.Objects.Of(kind).FirstOrDefault(one => practice.Objects.Sees(person, one.Gid))?.Gid
            ?? practice.Objects.Of(kind).First().Gid;

    private static bool IsEmpty(ToolOutcome outcome) =>
        outcome is ToolOutcome.Succeeded { Data: var data } && data["data"] is (null or JsonArray { Count: 0 });
}
