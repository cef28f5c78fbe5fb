using System.Text.Json.Nodes;
using Behalf.Connectors;
using Behalf.Connectors.Document;
using Behalf.Connectors.Operations;
using Behalf.Tests.Tools.Support;

namespace Behalf.Tests.Connectors;

public sealed class OperationTests
{
    private const string Table = """
        operations:
          - {id: getThing, path: "/things/{thing}", scopes: [things]}
          - {id: getMine, path: "/things/mine", scopes: [mine]}
          - {id: getParts, path: "/things/{thing}/parts", scopes: [things, parts]}
          - {id: changeThing, method: PUT, path: "/things/{thing}", scopes: [things:write]}
          - {id: search, method: POST, path: "/things:search", scopes: [things], writes: false}
          - {id: getRule, path: "/rules/{rule}", full_scope: true}
        """;

    [Theory]
    [InlineData("GET", "/things/12", "getThing")]
    [InlineData("HEAD", "/things/12", "getThing")]
    [InlineData("GET", "/things/a%20b", "getThing")]
    [InlineData("GET", "/things/mine", "getMine")]
    [InlineData("GET", "/things/12/parts", "getParts")]
    [InlineData("PUT", "/things/mine", "changeThing")]
    [InlineData("POST", "/things:search", "search")]
    public void Operation_IsFound_ByMethodAndPath(string method, string path, string id) =>
        Read().Operations.Find(new HttpMethod(method), path)!.Id.Should().Be(id);

    [Theory]
    [InlineData("GET", "/things")]
    [InlineData("GET", "/things/")]
    [InlineData("GET", "/things/12/")]
    [InlineData("GET", "/Things/12")]
    [InlineData("GET", "/%74hings/12")]
    [InlineData("GET", "/things/12%2Fparts")]
    [InlineData("GET", "/things/12%5cparts")]
    [InlineData("GET", "/things/12%252Fparts")]
    [InlineData("DELETE", "/things/12")]
    [InlineData("get", "/things/12")]
    [InlineData("GET", "things/12")]
    [InlineData("GET", "")]
    public void Operation_IsUnknown_ForAnyOtherSpelling(string method, string path) =>
        Read().Operations.Find(new HttpMethod(method), path).Should().BeNull();

    [Fact]
    public void Operation_Writes_UnlessItIsAGetOrSaysSo()
    {
        OperationTable table = Read().Operations;

        table.All.Where(operation => operation.Writes).Select(operation => operation.Id).Should().Equal("changeThing");
    }

    [Fact]
    public void Grant_AllowsAnOperation_WithAllItsScopesOrTheFullOne()
    {
        ConnectorDefinition definition = Read();
        Operation parts = definition.Operations.Find(HttpMethod.Get, "/things/1/parts")!;
        Operation rule = definition.Operations.Find(HttpMethod.Get, "/rules/1")!;

        parts.IsGrantedBy(ScopeSet.Of(["things", "parts"]), definition.OAuth).Should().BeTrue();
        parts.IsGrantedBy(ScopeSet.Of(["things"]), definition.OAuth).Should().BeFalse();
        parts.IsGrantedBy(ScopeSet.Of(["default"]), definition.OAuth).Should().BeTrue();
        rule.IsGrantedBy(ScopeSet.Of(["things", "parts"]), definition.OAuth).Should().BeFalse();
        rule.IsGrantedBy(ScopeSet.Of(["default"]), definition.OAuth).Should().BeTrue();
    }

    [Theory]
    [InlineData("id: getMine", "id: getThing", "two operations")]
    [InlineData("/things/mine", "/things/{other}", "two for GET /things/{}")]
    [InlineData("/things/mine", "/things/../mine", "not a path")]
    [InlineData("/things/mine", "/things//mine", "not a path")]
    [InlineData("/things/mine", "/things/x{mine}", "not a path")]
    [InlineData("/things/mine", "things", "not a path")]
    [InlineData("method: PUT", "method: TRACE", "one of")]
    [InlineData("writes: false", "writes: no", "true or false")]
    [InlineData("writes: false", "reads: true", "no key 'reads'")]
    public void Definition_IsRefused_WithAWrongOperation(string right, string wrong, string message)
    {
        Action read = () => DefinitionReader.Read(ToolBench.Definition(Table.Replace(right, wrong)));

        read.Should().Throw<DefinitionFault>().WithMessage($"*{message}*");
    }

    /// <summary>The sandbox enforces Asana's own table; what the proxy believes must be the same.</summary>
    [Fact]
    public async Task Asana_NeedsWhatItsOwnTableSays()
    {
        ConnectorDefinition asana = await BundledConnectors.ReadAsync("asana");
        string file = Path.Combine(BundledConnectors.Root, "src", "Behalf.Sandbox", "OAuth", "operation-scopes.json");
        JsonArray published = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))![
            "operations"
        ]!.AsArray();

        asana.Operations.All.Should().HaveCount(published.Count);
        foreach (JsonNode? row in published)
        {
            Operation operation = asana.Operations.All.Single(one => one.Id == (string)row!["operationId"]!);
            operation.Method.Method.Should().Be((string)row!["method"]!);
            operation.Path.Should().Be("/api/1.0" + (string)row["path"]!);
            operation.NeedsFullScope.Should().Be((bool)row["requires_default"]!);
            operation.NeededScopes.Values.Should().BeEquivalentTo(row["scopes"]!.AsArray().Select(s => (string)s!));
        }
    }

    private static ConnectorDefinition Read() => DefinitionReader.Read(ToolBench.Definition(Table));
}
