using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Behalf.Client;
using Behalf.Sandbox;

namespace Behalf.Isolation.Tests;

/// <summary>
/// Twenty thousand tasks with long notes in one project: what a tool gives a model stays small, and the rest comes page
/// by page.
/// </summary>
public sealed class LargeWorldTests(LargePractice practice) : IClassFixture<LargePractice>
{
    private const int MostBytes = 64 * 1024;

    public static TheoryData<int> Reads()
    {
        TheoryData<int> reads = [];
        for (int i = 0; i < ToolTable.Cases.Count; i++)
        {
            if (!ToolTable.Cases[i].Writes)
            {
                reads.Add(i);
            }
        }

        return reads;
    }

    [Theory]
    [MemberData(nameof(Reads))]
    public async Task ToolKeepsItsResultSmall(int index)
    {
        ToolCase probe = ToolTable.Cases[index];
        JsonObject arguments = probe.With(
            practice.Busiest(probe.Takes),
            Practice.Other("alice"),
            kind => practice.Busiest(kind)
        );

        ToolOutcome outcome = await practice
            .As("alice")
            .CallToolAsync(probe.Tool, arguments, null, TestContext.Current.CancellationToken);

        string text = outcome switch
        {
            ToolOutcome.Succeeded succeeded => succeeded.Data.ToJsonString(),
            ToolOutcome.Failed failed => failed.Message,
            _ => throw new UnreachableException(),
        };
        Encoding.UTF8.GetByteCount(text).Should().BeLessThanOrEqualTo(MostBytes, $"{probe.Tool} {arguments}");
        text.Should().NotContain("The result was cut", $"{probe.Tool} pages before it has to cut");
    }

    [Fact]
    public async Task ToolsThatWrite_KeepTheirResultsSmall()
    {
        // What deletes comes last: everything else needs something to change.
        foreach (
            ToolCase probe in ToolTable
                .Cases.Where(one => one.Writes)
                .OrderBy(one => one.Tool.Contains("_delete_", StringComparison.Ordinal))
        )
        {
            JsonObject arguments = probe.With(
                practice.Busiest(probe.Takes),
                Practice.Other("alice"),
                kind => practice.Busiest(kind)
            );
            await IsSmallAsync(probe.Tool, arguments);
        }
    }

    [Fact]
    public async Task ToolsOfOneRequest_KeepTheirResultsSmall()
    {
        foreach (RawTool tool in await RawTool.AllAsync(practice.Behalf, TestContext.Current.CancellationToken))
        {
            if (tool.IsReadOnly)
            {
                JsonObject arguments = tool.With(
                    practice.Busiest(tool.Takes ?? Kind.Project),
                    kind => practice.Busiest(kind)
                );
                await IsSmallAsync(tool.Name, arguments);
                if (tool.Schema["properties"]!.AsObject().ContainsKey("opt_fields"))
                {
                    arguments["opt_fields"] = "name,notes,html_notes,memberships,custom_fields,followers";
                    await IsSmallAsync(tool.Name, arguments);
                }
            }
        }
    }

    private async Task IsSmallAsync(string tool, JsonObject arguments)
    {
        ToolOutcome outcome = await practice
            .As("alice")
            .CallToolAsync(tool, arguments, null, TestContext.Current.CancellationToken);
        string text = outcome switch
        {
            ToolOutcome.Succeeded succeeded => succeeded.Data.ToJsonString(IsolationTests.Plain),
            ToolOutcome.Failed failed => failed.Message,
            _ => throw new UnreachableException(),
        };
        Encoding.UTF8.GetByteCount(text).Should().BeLessThanOrEqualTo(MostBytes, $"{tool} {arguments}");
    }

    [Fact]
    public async Task EveryTaskIsReached_PageByPage()
    {
        HashSet<string> gids = new(StringComparer.Ordinal);
        string? cursor = null;
        do
        {
            JsonObject arguments = new() { ["project"] = practice.Busiest(Kind.Project), ["limit"] = 100 };
            if (cursor is not null)
            {
                arguments["cursor"] = cursor;
            }

            ToolOutcome outcome = await practice
                .As("alice")
                .CallToolAsync("asana_list_tasks", arguments, null, TestContext.Current.CancellationToken);
            JsonObject data = outcome.Should().BeOfType<ToolOutcome.Succeeded>().Subject.Data;
            gids.UnionWith(data["tasks"]!.AsArray().Select(task => (string)task!["gid"]!));
            cursor = (string?)data["next_cursor"];
        } while (cursor is not null && gids.Count < 5_000);

        gids.Should().HaveCountGreaterThanOrEqualTo(5_000);
    }
}

/// <summary>The built-in world with twenty thousand more tasks in its story's project.</summary>
public sealed class LargePractice() : PracticeHouse(["alice"], Enlarged())
{
    private const int Tasks = 20_000;

    /// <summary>The object of a kind that has the most to it.</summary>
    public string Busiest(Kind? kind) =>
        kind switch
        {
            null => "",
            Kind.Project => Objects.Of(Kind.Project).First(p => Objects.Access("alice", p.Gid) == "edit").Gid,
            Kind.Task => Objects.Of(Kind.Task).Last(t => Objects.Access("alice", t.Gid) == "edit").Gid,
            { } other => Objects.Of(other).First(o => Objects.Sees("alice", o.Gid)).Gid,
        };

    private static string Enlarged()
    {
        using Stream builtIn = typeof(SandboxApp).Assembly.GetManifestResourceStream("acme.json")!;
        JsonNode world = JsonNode.Parse(builtIn)!;
        string project = (string)world["story"]!["project"]!;
        JsonNode section = world["projects"]!.AsArray().Single(p => (string)p!["key"]! == project)!["sections"]![0]!;
        string notes = string.Concat(Enumerable.Repeat("A long note that nobody wants to read in a list. ", 80));
        JsonArray tasks = world["tasks"]!.AsArray();
        for (int i = 0; i < Tasks; i++)
        {
            tasks.Add(
                new JsonObject
                {
                    ["key"] = $"generated-{i}",
                    ["name"] = $"Generated task {i} with a name of usual length",
                    ["notes"] = notes,
                    ["created_by"] = "alice",
                    ["assignee"] = "alice",
                    ["projects"] = new JsonArray(
                        new JsonObject { ["project"] = project, ["section"] = section.DeepClone() }
                    ),
                }
            );
        }

        return world.ToJsonString();
    }
}
