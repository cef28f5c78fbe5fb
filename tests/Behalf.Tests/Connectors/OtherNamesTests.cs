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
    public async Task EveryNameOfTheCatalogue_IsATool_ThatTakesTheCataloguesParameters()
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync("asana");

        Catalogue.Value.Should().HaveCount(210);
        foreach ((string name, JsonNode? parameters) in Catalogue.Value)
        {
            (ToolDefinition Tool, ToolAlias? Alias)? found = definition.Find(name[Prefix.Length..]);
            found.Should().NotBeNull($"{name} can be called");
            JsonObject schema = found.Value.Alias?.InputSchema ?? found.Value.Tool.InputSchema;
            HashSet<string> required =
            [
                .. (schema["required"]?.AsArray() ?? []).Select(one => one!.GetValue<string>()),
            ];
            foreach ((string parameter, JsonNode? type) in parameters!.AsObject())
            {
                string kind = type!.GetValue<string>();
                JsonNode? property = schema["properties"]![parameter];
                property.Should().NotBeNull($"{name} takes {parameter}");
                TypesOf(property).Should().Contain(kind.TrimEnd('!'), $"that is what {name} takes as {parameter}");
                required.Contains(parameter).Should().Be(kind.EndsWith('!'), $"{parameter} of {name}");
            }

            required.Should().BeSubsetOf(parameters.AsObject().Select(one => one.Key), name);
        }
    }

    /// <summary>The JSON types that a property takes; a whole number is a number, too.</summary>
    private static IEnumerable<string> TypesOf(JsonNode property) =>
        property["oneOf"] is JsonArray several ? several.SelectMany(one => TypesOf(one!))
        : property["type"] is JsonArray types ? types.Select(one => one!.GetValue<string>())
        : property["type"]?.GetValue<string>() is "integer" ? ["integer", "number"]
        : [property["type"]?.GetValue<string>() ?? "string"];

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
