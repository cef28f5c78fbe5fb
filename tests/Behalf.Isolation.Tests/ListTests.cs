using System.Text.Json.Nodes;
using Behalf.Client;

namespace Behalf.Isolation.Tests;

/// <summary>
/// What a tool lists is all that the person may see of it and nothing else: for every person, every list, and everything
/// visible that has such a list, page by page.
/// </summary>
[Collection(PracticeHouse.OneAtATime)]
public sealed class ListTests(Practice practice)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> PeopleAndLists()
    {
        TheoryData<string, string> data = [];
        foreach (string person in Practice.People)
        {
            foreach (string tool in ListTable.Lists.Select(list => list.Tool).Distinct())
            {
                data.Add(person, tool);
            }
        }

        return data;
    }

    [Fact]
    public async Task EveryListIsCompared()
    {
        UserTools offered = await practice.As("alice").ListToolsAsync(Cancellation);

        offered
            .Tools.Select(tool => tool.Name)
            .Where(name => name.StartsWith("asana_list_", StringComparison.Ordinal))
            .Should()
            .BeEquivalentTo(ListTable.Lists.Select(list => list.Tool).Distinct());
    }

    [Theory]
    [MemberData(nameof(PeopleAndLists))]
    public async Task ListHoldsExactlyWhatThePersonMaySee(string person, string tool)
    {
        Seen seen = new(person, practice.Objects, await practice.DataAsync(Cancellation));
        foreach (ToolList list in ListTable.Lists.Where(list => list.Tool == tool))
        {
            foreach ((JsonObject arguments, IEnumerable<string>? expected) in list.Of(seen))
            {
                string asked = $"{person} calls {tool} {arguments.ToJsonString(IsolationTests.Plain)}";
                if (expected is null)
                {
                    (await CallAsync(person, tool, arguments))
                        .Should()
                        .BeOfType<ToolOutcome.Failed>(asked)
                        .Which.Code.Should()
                        .Be("plan_required");
                    continue;
                }

                (await GidsAsync(person, list, arguments)).Should().BeEquivalentTo(expected, asked);
            }
        }
    }

    private async Task<List<string>> GidsAsync(string person, ToolList list, JsonObject arguments)
    {
        List<string> gids = [];
        string? cursor = null;
        do
        {
            JsonObject page = arguments.DeepClone().AsObject();
            if (list.Pages)
            {
                page["limit"] = 3;
            }

            if (cursor is not null)
            {
                page["cursor"] = cursor;
            }

            ToolOutcome outcome = await CallAsync(person, list.Tool, page);
            JsonObject data = outcome.Should().BeOfType<ToolOutcome.Succeeded>($"{outcome}").Subject.Data;
            gids.AddRange((data[list.Rows] as JsonArray ?? []).Select(row => (string)row!["gid"]!));
            cursor = (string?)data["next_cursor"];
        } while (cursor is not null);

        return gids;
    }

    private Task<ToolOutcome> CallAsync(string person, string tool, JsonObject arguments) =>
        practice.As(person).CallToolAsync(tool, arguments, null, Cancellation);
}

/// <param name="Rows">The property of the answer that holds the rows.</param>
/// <param name="Pages">True: it gives a page at a time.</param>
/// <param name="Of">Each way to ask for it that the person has, with what must come; null: the plan does not cover it.</param>
public sealed record ToolList(
    string Tool,
    string Rows,
    bool Pages,
    Func<Seen, IEnumerable<(JsonObject Arguments, IEnumerable<string>? Expected)>> Of
);

/// <summary>The practice world as one person may see it, by the sandbox's own table.</summary>
public sealed class Seen(string person, Objects objects, JsonNode data)
{
    public string Person => person;

    public IEnumerable<JsonNode> Workspaces => Visible(objects.World["workspaces"]!);

    public IEnumerable<JsonNode> Users => Visible(objects.World["users"]!);

    public IEnumerable<JsonNode> Of(string rows) => Visible(data[rows]!);

    public bool HasPlanFor(string workspace) => objects.HasPlanFor(person, workspace);

    public IEnumerable<string> Gids(JsonNode list) => list.AsArray().Select(gid => (string)gid!).Where(Sees);

    /// <summary>Of people who are named by what the practice world calls them.</summary>
    public IEnumerable<string> UsersNamed(JsonNode keys) =>
        keys.AsArray()
            .Select(key =>
                (string)objects.World["users"]!.AsArray().Single(user => (string)user!["key"]! == (string)key!)!["gid"]!
            )
            .Where(Sees);

    /// <summary>Members of a project: people by their key, teams by their gid.</summary>
    public IEnumerable<string> Members(JsonNode project) =>
        project["members"]!
            .AsObject()
            .Select(member =>
                (string?)
                    objects.World["users"]!
                        .AsArray()
                        .FirstOrDefault(user => (string)user!["key"]! == member.Key)
                        ?["gid"]
                ?? member.Key
            )
            .Where(Sees);

    public static IEnumerable<string> GidsOf(IEnumerable<JsonNode> rows) => rows.Select(row => (string)row["gid"]!);

    private IEnumerable<JsonNode> Visible(JsonNode rows) =>
        rows.AsArray().Select(row => row!).Where(row => Sees((string)row["gid"]!));

    private bool Sees(string gid) => objects.Sees(person, gid);
}
