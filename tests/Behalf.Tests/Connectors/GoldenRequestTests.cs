using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Behalf.Connectors;
using Behalf.Tests.Connectors.Support;
using Behalf.Tests.Tools.Support;
using Behalf.Tools;

namespace Behalf.Tests.Connectors;

/// <summary>
/// The requests of every tool under each of its names: method, path, query, headers and body as they leave the Tools room,
/// which never holds a credential. One file for each connector, in <c>Golden</c>; <c>BEHALF_WRITE_GOLDEN=1</c> writes them
/// anew, to be read before they are kept.
/// </summary>
public sealed partial class GoldenRequestTests
{
    private static readonly string Folder = Path.Combine(
        BundledConnectors.Root,
        "tests",
        "Behalf.Tests",
        "Connectors",
        "Golden"
    );

    [Theory]
    [MemberData(nameof(BundledConnectorTests.Slugs), MemberType = typeof(BundledConnectorTests))]
    public async Task EveryTool_SendsTheRequestsThatWereKept(string slug)
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync(slug);
        Dictionary<string, string> made = await RequestsAsync(definition);
        string file = Path.Combine(Folder, $"{slug}.http");
        if (Environment.GetEnvironmentVariable("BEHALF_WRITE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Folder);
            await File.WriteAllTextAsync(
                file,
                string.Concat(made.Select(one => $"### {one.Key}\n{one.Value}\n")),
                TestContext.Current.CancellationToken
            );
            Assert.Fail($"{file} was written; read it before you keep it.");
        }

        File.Exists(file).Should().BeTrue($"{file} holds what the tools of {slug} send");
        Dictionary<string, string> kept = Parse(
            await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)
        );
        made.Keys.Should().BeEquivalentTo(kept.Keys);
        foreach ((string name, string requests) in made)
        {
            requests.Should().Be(kept[name], $"that is what {name} sends");
        }
    }

    [Theory]
    [MemberData(nameof(BundledConnectorTests.Slugs), MemberType = typeof(BundledConnectorTests))]
    public async Task EveryNameOfATool_IsAmongThem(string slug)
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync(slug);
        IEnumerable<string> kept = Parse(
            await File.ReadAllTextAsync(Path.Combine(Folder, $"{slug}.http"), TestContext.Current.CancellationToken)
        )
            .Keys.Select(name => name.Split(' ')[0]);

        definition.Tools.SelectMany(tool => tool.Names).Should().BeSubsetOf(kept);
    }

    /// <returns>By the tool's name and what it is called with: a fixture, or an example of its schema.</returns>
    private static async Task<Dictionary<string, string>> RequestsAsync(ConnectorDefinition definition)
    {
        Dictionary<string, string> all = new(StringComparer.Ordinal);
        Replay replay = new(definition);
        foreach ((string fixture, JsonObject script) in BundledTools.FixturesOf(definition.Slug))
        {
            IReadOnlyList<SentRequest> requests = await replay.FixtureAsync(script);
            if (requests.Count > 0)
            {
                all[$"{script["tool"]} with fixture {fixture}"] = Text(requests);
            }
        }

        HashSet<string> recorded = [.. all.Keys.Select(name => name.Split(' ')[0])];
        foreach (string name in definition.Tools.SelectMany(tool => tool.Names).Where(name => !recorded.Contains(name)))
        {
            all[$"{name} with an example"] = Text(await ExampleAsync(replay, BundledTools.Offered(definition, name)));
        }

        return all;
    }

    /// <summary>With all its arguments where they go together, else with the required ones, else with two of the others.</summary>
    private static async Task<IReadOnlyList<SentRequest>> ExampleAsync(Replay replay, OfferedTool tool)
    {
        JsonObject whole = Examples.Of(tool.InputSchema, all: true);
        JsonObject required = Examples.Of(tool.InputSchema, all: false);
        string[] others = [.. whole.Select(argument => argument.Key).Where(name => !required.ContainsKey(name))];
        IEnumerable<JsonObject> withMore = others.SelectMany(one =>
            others.Select(other =>
            {
                JsonObject more = required.DeepClone().AsObject();
                more[one] = whole[one]?.DeepClone();
                more[other] = whole[other]?.DeepClone();
                return more;
            })
        );
        foreach (JsonObject example in (JsonObject[])[whole, required, .. withMore])
        {
            Result<ToolArguments> read = BundledTools.Read(tool, example.ToJsonString());
            if (!read.Succeeded)
            {
                continue;
            }

            (_, FakeUpstream upstream) = await replay.AnswerAsync(tool, read.Value);
            if (upstream.Requests.Count > 0)
            {
                return upstream.Requests;
            }
        }

        throw new InvalidOperationException($"No example of {tool.Name} ({tool.Alias?.Name}) sends anything.");
    }

    private static string Text(IEnumerable<SentRequest> requests)
    {
        StringBuilder text = new();
        foreach (SentRequest sent in requests)
        {
            text.Append(sent.Line);
            string separator = "?";
            foreach ((string name, string value) in sent.Request.Query)
            {
                text.Append(separator)
                    .Append(name)
                    .Append('=')
                    .Append(value.Replace("\n", "\\n", StringComparison.Ordinal));
                separator = "&";
            }

            text.Append('\n');
            foreach ((string name, string value) in sent.Request.Headers)
            {
                text.Append(name).Append(": ").Append(value).Append('\n');
            }

            if (sent.Body is { } body)
            {
                text.Append("Content-Type: ").Append(sent.ContentType).Append("\n\n");
                text.Append(Boundary().Replace(body, "--boundary").ReplaceLineEndings("\n").TrimEnd()).Append('\n');
            }

            text.Append('\n');
        }

        return text.ToString().TrimEnd() + "\n";
    }

    private static Dictionary<string, string> Parse(string file) =>
        file.Split("### ", StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Split('\n', 2))
            .ToDictionary(part => part[0], part => part[1].TrimEnd() + "\n", StringComparer.Ordinal);

    [GeneratedRegex("--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.CultureInvariant)]
    private static partial Regex Boundary();
}
