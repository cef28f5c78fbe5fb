using System.Text.Json.Nodes;
using Behalf.Connectors;
using Behalf.Connectors.Document;
using NJsonSchema;

namespace Behalf.Tests.Connectors;

/// <summary>The schema for editors says what the readers say.</summary>
public sealed class ConnectorSchemaTests
{
    private static readonly Lazy<Task<(JsonSchema Main, JsonSchema Further)>> Schemas = new(ReadAsync);

    public static TheoryData<string> Files =>
        [
            .. Directory
                .EnumerateFiles(BundledConnectors.Folder, "*.yaml", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(BundledConnectors.Folder, file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task EveryFileOfABundledConnector_IsValid(string file)
    {
        JsonSchema schema = await SchemaOfAsync(file);

        schema.Validate(Document(file).ToJson().ToJsonString()).Should().BeEmpty();
    }

    /// <summary>A key that means nothing is told in the editor too, wherever the reader would refuse it.</summary>
    [Theory]
    [InlineData("github/connector.yaml")]
    [InlineData("zendesk/connector.yaml")]
    [InlineData("github/tools/20-issues.yaml")]
    [InlineData("asana/procedures/lookups.yaml")]
    [InlineData("asana/tools/16-task-relations.yaml")]
    [InlineData("asana/aliases/scalekit.yaml")]
    public async Task AnUnknownKey_IsRefused_WhereTheReaderRefusesIt(string file)
    {
        JsonSchema schema = await SchemaOfAsync(file);
        string connector = file.Split('/')[0];
        int refused = 0;
        foreach (string pointer in Mappings(Document(file).ToJson(), "").Take(120))
        {
            if (pointer.EndsWith("\narguments", StringComparison.Ordinal))
            {
                continue; // of an alias: which keys there are, its tool says
            }

            JsonNode changed = Document(file).ToJson();
            At(changed, pointer).AsObject()["nonsense"] = 1;
            if (await IsReadAsync(connector, file, changed))
            {
                continue;
            }

            refused++;
            schema.Validate(changed.ToJsonString()).Should().NotBeEmpty($"{pointer} takes no 'nonsense'");
        }

        refused.Should().BePositive();
    }

    [Fact]
    public async Task TheSchema_IsWhatTheCommandLinePrints()
    {
        string published = await File.ReadAllTextAsync(
            Path.Combine(BundledConnectors.Folder, "schema.json"),
            TestContext.Current.CancellationToken
        );

        (await ConnectorSchema.ReadAsync(TestContext.Current.CancellationToken)).Should().Be(published);
    }

    /// <summary>Whether the connector is accepted with this file in place of its own.</summary>
    private static async Task<bool> IsReadAsync(string connector, string file, JsonNode changed)
    {
        string folder = Path.Combine(BundledConnectors.Folder, connector);
        Dictionary<string, string> files = [];
        foreach (string one in Directory.EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories))
        {
            string path = Path.GetRelativePath(folder, one).Replace('\\', '/');
            files[path] =
                $"{connector}/{path}" == file
                    ? changed.ToJsonString()
                    : await File.ReadAllTextAsync(one, TestContext.Current.CancellationToken);
        }

        try
        {
            DefinitionReader.Read(ConnectorFolder.Join(files));
            return true;
        }
        catch (DefinitionFault)
        {
            return false;
        }
    }

    private static IEnumerable<string> Mappings(JsonNode? node, string pointer)
    {
        if (node is JsonObject map)
        {
            yield return pointer;
        }

        IEnumerable<(string Key, JsonNode? Value)> children = node switch
        {
            JsonObject inner => inner.Select(entry => (entry.Key, entry.Value)),
            JsonArray list => list.Take(3).Select((item, index) => ($"{index}", item)),
            _ => [],
        };
        foreach ((string key, JsonNode? value) in children)
        {
            foreach (string below in Mappings(value, $"{pointer}\n{key}"))
            {
                yield return below;
            }
        }
    }

    private static JsonNode At(JsonNode root, string pointer) =>
        pointer
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate(root, (at, key) => at is JsonArray list ? list[int.Parse(key)]! : at[key]!);

    private static MappingNode Document(string file) =>
        DocumentReader.Read(File.ReadAllText(Path.Combine(BundledConnectors.Folder, file))).Single();

    private static async Task<JsonSchema> SchemaOfAsync(string file)
    {
        (JsonSchema head, JsonSchema rest) = await Schemas.Value;
        return file.EndsWith($"/{ConnectorFolder.MainFile}", StringComparison.Ordinal) ? head : rest;
    }

    private static async Task<(JsonSchema, JsonSchema)> ReadAsync()
    {
        JsonNode whole = JsonNode.Parse(await ConnectorSchema.ReadAsync(CancellationToken.None))!;
        return (await PartAsync(whole, 0), await PartAsync(whole, 1));
    }

    private static Task<JsonSchema> PartAsync(JsonNode whole, int index)
    {
        JsonObject part = whole["oneOf"]![index]!.DeepClone().AsObject();
        part["definitions"] = whole["definitions"]!.DeepClone();
        return JsonSchema.FromJsonAsync(part.ToJsonString());
    }
}
