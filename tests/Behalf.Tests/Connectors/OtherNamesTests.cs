using System.Text.Json.Nodes;
using Behalf.Connectors;

namespace Behalf.Tests.Connectors;

/// <summary>The names and parameters of the other catalogue, held against the aliases.</summary>
public sealed class OtherNamesTests
{
    private const string Prefix = "asana_";

    private static readonly Lazy<JsonObject> Catalogue = new(() =>
        JsonNode
            .Parse(
                File.ReadAllText(
                    Path.Combine(BundledConnectors.Root, "tests", "Behalf.Tests", "Connectors", "scalekit-asana.json")
                )
            )!
            .AsObject()
    );

    [Fact]
    public async Task Alias_TakesTheParametersOfItsCatalogue_AndRequiresNoOthers()
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync("asana");
        List<ToolAlias> aliases = [.. definition.Tools.SelectMany(tool => tool.Aliases)];

        aliases.Should().NotBeEmpty();
        foreach (ToolAlias alias in aliases)
        {
            JsonObject parameters = Catalogue.Value[$"{Prefix}{alias.Name}"]!.AsObject();
            IEnumerable<string> required =
                alias.InputSchema["required"]?.AsArray().Select(name => name!.GetValue<string>()) ?? [];

            alias.InputSchema["properties"]!
                .AsObject()
                .Select(property => property.Key)
                .Should()
                .Contain(parameters.Select(parameter => parameter.Key), alias.Name);
            required
                .Should()
                .BeEquivalentTo(
                    parameters
                        .Where(parameter => parameter.Value!.GetValue<string>().EndsWith('!'))
                        .Select(parameter => parameter.Key),
                    alias.Name
                );
        }
    }
}
