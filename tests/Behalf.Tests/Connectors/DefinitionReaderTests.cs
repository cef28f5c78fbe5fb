using Behalf.Connectors;
using Behalf.Connectors.Document;
using Behalf.Tests.Tools.Support;

namespace Behalf.Tests.Connectors;

public sealed class DefinitionReaderTests
{
    private const string Reading = """
        tools:
          - name: get_thing
            title: Get
            category: things
            description: Gets one thing of the tracker.
            hints: [read_only]
            scopes: [things]
            input:
              thing: {type: string, maxLength: 50, required: true}
            steps:
              - {request: getThing, path: "/things/{thing}", slots: {thing: =args.thing}, save: thing}
            result: {thing: =vars.thing}
        """;

    [Fact]
    public void Definition_IsRead_WithItsToolsAndRevision()
    {
        string yaml = ToolBench.Definition(Reading);

        ConnectorDefinition definition = DefinitionReader.Read(yaml);

        definition.Revision.Should().Be(Digest.Of(yaml).Hex);
        ToolDefinition tool = definition.Tools.Should().ContainSingle().Subject;
        tool.Writes.Should().BeFalse();
        tool.InputSchema["additionalProperties"]!.GetValue<bool>().Should().BeFalse();
        tool.InputSchema["required"]!.AsArray().Should().ContainSingle();
        tool.Hash.Should().HaveLength(64);
    }

    [Fact]
    public void ToolHash_Changes_WhenTheSchemaDoes()
    {
        ToolDefinition one = DefinitionReader.Read(ToolBench.Definition(Reading)).Tools[0];
        ToolDefinition other = DefinitionReader.Read(ToolBench.Definition(Reading.Replace("50", "51"))).Tools[0];

        other.Hash.Should().NotBe(one.Hash);
    }

    [Theory]
    [InlineData("title: Get", "titel: Get", "needs 'title'; is 'titel' meant to be it?")]
    [InlineData("category: things", "category: things\n    retyr: never", "did you mean 'retry'")]
    [InlineData("title: Get", "title: Get\n    title: Got", "given twice")]
    [InlineData("title: Get", "title: !!str Get", "tags are not accepted")]
    [InlineData("title: Get", "title: &a Get", "anchors and aliases")]
    [InlineData("hints: [read_only]", "hints: []", "writes nothing")]
    [InlineData("=args.thing", "args.thing", "begins with =")]
    [InlineData("=args.thing", "=args.[", "not YAML")]
    [InlineData("=args.thing", "'=args.['", "not a JMESPath expression")]
    [InlineData("=args.thing", "=system('x')", "not a JMESPath expression")]
    [InlineData("/things/{thing}", "/things/{thing}x{thing}", "cannot be a segment")]
    [InlineData("/things/{thing}", "/things/../{thing}", "cannot be a segment")]
    [InlineData("/things/{thing}", "/things/{other}", "has no expression")]
    [InlineData("/things/{thing}", "https://evil.example/{thing}", "begins with /")]
    [InlineData("request: getThing", "request: getThing, headers: {Authorization: x}", "not a header")]
    [InlineData("request: getThing", "request: getThing, method: DELETE", "read_only")]
    [InlineData("request: getThing", "request: getThing, query: {$if: =a, $then: b}", "literal names")]
    [InlineData("- {request", "- {call: nothing}\n      - {request", "no procedure 'nothing'")]
    [InlineData("thing: {type: string", "account_id: {type: string", "never takes")]
    [InlineData("thing: {type: string", "Access_Token: {type: string", "never takes")]
    [InlineData("thing: {type: string", "thing.x: {type: string", "property names")]
    [InlineData("maxLength: 50", "maxLength: 50, pattern: '(a)\\1'", "without backtracking")]
    [InlineData("maxLength: 50", "maxLength: 50, if: {}", "no key 'if'")]
    [InlineData(", maxLength: 50", "", "a text needs")]
    [InlineData("scopes: [things]", "scopes: []", "names no scope")]
    [InlineData("name: get_thing", "name: Get-Thing", "a tool's name")]
    public void Definition_IsRefused_WhenSomethingIsWrong(string old, string replacement, string message)
    {
        string yaml = ToolBench.Definition(Reading.Replace(old, replacement, StringComparison.Ordinal));

        Action reading = () => DefinitionReader.Read(yaml);

        reading.Should().Throw<DefinitionFault>().WithMessage($"*{message}*").Which.Line.Should().BePositive();
    }

    [Fact]
    public void Fault_NamesFileAndLine_OfAJoinedDocument()
    {
        string document = "a: 1\nb: 2\n--- # file: tools/10-things.yaml\ntools:\n  - name: x\n";

        ConnectorFolder.Locate(document, 5).Should().Be("tools/10-things.yaml line 2");
        ConnectorFolder.Locate(document, 2).Should().Be("line 2");
    }

    [Fact]
    public void DestructiveTool_IsRefused_WithoutAConfirmation()
    {
        string deleting = Reading
            .Replace("read_only", "destructive", StringComparison.Ordinal)
            .Replace("request: getThing", "request: deleteThing, method: DELETE", StringComparison.Ordinal);
        string confirmed = deleting.Replace(
            "input:",
            "input:\n      confirm: {type: boolean, const: true, required: true}",
            StringComparison.Ordinal
        );

        Action without = () => DefinitionReader.Read(ToolBench.Definition(deleting));

        without.Should().Throw<DefinitionFault>().WithMessage("*confirm*");
        DefinitionReader.Read(ToolBench.Definition(confirmed)).Tools[0].Writes.Should().BeTrue();
    }

    [Fact]
    public void Procedures_AreRefused_WhenTheyCallEachOther()
    {
        string yaml = ToolBench.Definition(
            """
            procedures:
              one: {steps: [{call: two}]}
              two: {steps: [{call: one}]}
            """
        );

        Action reading = () => DefinitionReader.Read(yaml);

        reading.Should().Throw<DefinitionFault>().WithMessage("*call each other*");
    }

    [Theory]
    [InlineData("a: {type: array, maxItems: 2, items: b}", "b: {type: array, maxItems: 2, items: a}", "holds itself")]
    [InlineData("a: {type: string, maxLength: 5}", "b: {type: array, maxItems: 2, items: aa}", "did you mean 'a'?")]
    public void Schemas_AreRefused_WhenTheyNeverEndOrAreNotThere(string one, string other, string message)
    {
        string yaml = ToolBench.Definition(
            $$"""
            schemas:
              {{one}}
              {{other}}
            tools:
              - name: list
                title: List
                category: things
                description: Lists the things of the tracker.
                hints: [read_only]
                scopes: [things]
                input: {kind: b!}
            """
        );

        Action reading = () => DefinitionReader.Read(yaml);

        reading.Should().Throw<DefinitionFault>().WithMessage($"*{message}*");
    }

    [Fact]
    public void OperationTool_IsWrittenOut_AsOneRequestOfItsOperation()
    {
        ConnectorDefinition definition = DefinitionReader.Read(
            ToolBench.Definition(
                """
                schemas:
                  key: {type: string, maxLength: 20}
                operations:
                  - {id: getThings, path: "/boxes/{box}/things", scopes: [things]}
                  - {id: deleteThing, method: DELETE, path: "/things/{thing}", full_scope: true}
                operation_tools:
                  - {name: box_things, operation: getThings, title: Things, category: boxes, hints: [read_only], input: {box: key!}, paged: true}
                  - {name: thing_delete, operation: deleteThing, title: Delete, category: things, hints: [destructive], input: {thing: key!}}
                """
            )
        );

        definition.Tools.Should().OnlyContain(tool => !tool.IsDefault);
        definition.Tools[0].NeededScopes.Should().Be(ScopeSet.Of(["things"]));
        definition.Tools[0].InputSchema["properties"]!.AsObject().Should().ContainKey("cursor");
        definition.Tools[1].NeededScopes.Should().Be(ScopeSet.Of(["default"]));
        definition.Tools[1].Writes.Should().BeTrue();
    }

    [Fact]
    public void Document_IsRefused_WhenItIsTooLargeOrTooDeep()
    {
        Action large = () => DocumentReader.Read("a: " + new string('x', DocumentReader.MaxBytes));
        Action deep = () => DocumentReader.Read("a: " + new string('[', 60) + new string(']', 60));

        large.Should().Throw<DefinitionFault>();
        deep.Should().Throw<DefinitionFault>().WithMessage("*nested*");
    }
}
