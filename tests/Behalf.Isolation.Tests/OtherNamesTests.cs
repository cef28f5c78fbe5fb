using System.Text.Json.Nodes;
using Behalf.Client;

namespace Behalf.Isolation.Tests;

/// <summary>
/// Every name of the other catalogue is called once, as somebody who may see the object it is pointed at: each runs, or says
/// in the fixed vocabulary why not.
/// </summary>
public sealed class OtherNamesTests(EvalPractice practice) : IClassFixture<EvalPractice>
{
    private static readonly string[] Honest =
    [
        "not_found_or_no_access",
        "no_permission",
        "plan_required",
        "invalid_input",
        "ambiguous",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryName_CanBeCalled()
    {
        string[] names =
        [
            .. JsonNode
                .Parse(
                    await File.ReadAllTextAsync(
                        Path.Combine(Repository.Root, "tests", "Behalf.Tests", "Connectors", "scalekit-asana.json"),
                        Cancellation
                    )
                )!
                .AsObject()
                .Select(one => one.Key),
        ];
        List<RawTool> tools = [];
        foreach (string name in names)
        {
            // One at a time: a list shows a tool once, under one of the names that it was asked for by.
            tools.AddRange(await RawTool.NamedAsync(practice.Behalf, [name], Cancellation));
        }

        tools.Select(tool => tool.Name).Should().BeEquivalentTo(names).And.HaveCount(210);

        List<string> refused = [];
        List<string> strange = [];
        // What deletes or takes away comes last: everything else needs something to work on.
        foreach (
            RawTool tool in tools.OrderBy(one =>
                one.IsReadOnly ? 0
                : TakesAway(one.Name) ? 2
                : 1
            )
        )
        {
            JsonObject arguments =
                tool.Name == "asana_batch_create"
                    ? JsonNode.Parse("""{"actions":[{"method":"get","relative_path":"/users/me"}]}""")!.AsObject()
                    : tool.With(Editable(tool.Takes ?? Kind.Task), Editable);
            ToolOutcome outcome = await practice.As("alice").CallToolAsync(tool.Name, arguments, "names", Cancellation);
            if (outcome is ToolOutcome.Failed failed)
            {
                refused.Add($"{tool.Name} {arguments.ToJsonString()} → {failed.Code}: {failed.Message}");
                if (!Honest.Contains(failed.Code))
                {
                    strange.Add(refused[^1]);
                }
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(Environment.NewLine, refused));
        strange.Should().BeEmpty("whatever stands in the way is said in the fixed vocabulary");
        (tools.Count - refused.Count)
            .Should()
            .BeGreaterThanOrEqualTo(WorkAtOnce, string.Join(Environment.NewLine, refused));
    }

    /// <value>
    /// Of the 210 with nothing but the arguments they require (107 today); the others want what the practice world has none
    /// of, a role that alice does not have, or one more argument.
    /// </value>
    private const int WorkAtOnce = 100;

    private static bool TakesAway(string name) =>
        name.Contains("delete", StringComparison.Ordinal) || name.Contains("remove", StringComparison.Ordinal);

    private string Editable(Kind kind) =>
        (
            practice.Objects.Of(kind).FirstOrDefault(one => practice.Objects.Access("alice", one.Gid) == "edit")
            ?? practice.Objects.Of(kind).First(one => practice.Objects.Sees("alice", one.Gid))
        ).Gid;
}
