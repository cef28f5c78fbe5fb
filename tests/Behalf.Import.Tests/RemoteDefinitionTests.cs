using System.Text.Json.Nodes;
using Behalf.Connectors.Remote;

namespace Behalf.Import.Tests;

/// <summary>Tools of remote MCP servers as the connector format has them.</summary>
public sealed class RemoteDefinitionTests
{
    private const StringComparison Ordinal = StringComparison.Ordinal;

    private static readonly RemoteHead Head = new()
    {
        Slug = "tracker",
        Name = "Tracker",
        Description = "Tools of a tracker.",
        Server = new Uri("https://mcp.tracker.example/mcp"),
    };

    [Fact]
    public void Arguments_ThatAServerWantsInHeaders_AreNamedInTheStep()
    {
        RemoteDefinition written = Write(
            """{"type":"object","properties":{"region":{"type":["string","null"],"x-mcp-header":"Region"},"place":{"type":"object","properties":{"zip-code":{"type":"integer","x-mcp-header":"Zip"}}},"plain":{"type":"string"}}}"""
        );

        written.LeftOut.Should().BeEmpty();
        written.Document.Should().Contain("headers:").And.Contain("Region:").And.Contain("zip-code");
    }

    [Theory]
    [InlineData("""{"type":"string","x-mcp-header":""}""")]
    [InlineData("""{"type":"string","x-mcp-header":7}""")]
    [InlineData("""{"type":"string","x-mcp-header":"My Region"}""")]
    [InlineData("""{"type":"string","x-mcp-header":"Region:Primary"}""")]
    [InlineData("""{"type":"string","x-mcp-header":"Région"}""")]
    [InlineData("""{"type":"string","x-mcp-header":"Region\t1"}""")]
    [InlineData("""{"type":"number","x-mcp-header":"Region"}""")]
    [InlineData("""{"type":"object","x-mcp-header":"Region"}""")]
    [InlineData("""{"type":"array","items":{"type":"string"},"x-mcp-header":"Region"}""")]
    [InlineData("""{"type":"null","x-mcp-header":"Region"}""")]
    [InlineData("""{"type":["null"],"x-mcp-header":"Region"}""")]
    [InlineData("""{"type":["string","object"],"x-mcp-header":"Region"}""")]
    public void Tool_WhoseHeaderAnnotationBreaksTheRules_IsLeftOut(string property) =>
        Write("""{"type":"object","properties":{"value":PROPERTY}}""".Replace("PROPERTY", property, Ordinal))
            .LeftOut.Should()
            .ContainSingle();

    [Theory]
    [InlineData("Region", "Region")]
    [InlineData("MyField", "myfield")]
    public void Tool_ThatNamesAHeaderTwice_IsLeftOut(string first, string second) =>
        Write(
            """{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"FIRST"},"b":{"type":"object","properties":{"c":{"type":"string","x-mcp-header":"SECOND"}}}}}"""
                .Replace("FIRST", first, Ordinal)
                .Replace("SECOND", second, Ordinal)
        )
            .LeftOut.Should()
            .ContainSingle();

    [Fact]
    public void ReferenceToElsewhere_IsNotFollowed_AndTheToolDoesWithoutIt()
    {
        RemoteDefinition written = Write(
            """{"type":"object","$defs":{"id":{"type":"string"}},"properties":{"id":{"$ref":"#/$defs/id"},"profile":{"$ref":"http://169.254.169.254/profile.json"}},"required":["id"]}"""
        );

        written.LeftOut.Should().BeEmpty();
        written.Document.Should().Contain("args.id").And.NotContain("169.254");
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Issuer_IsAlwaysCompared_AndMayBeMissing_WhereItIsNotAnnounced(bool announced, bool optional)
    {
        RemoteHead head = Head with
        {
            Authorization = new RemoteAuthorization
            {
                Resource = "https://mcp.tracker.example/mcp",
                Issuer = "https://login.tracker.example",
                AuthorizationEndpoint = new Uri("https://login.tracker.example/authorize"),
                TokenEndpoint = new Uri("https://login.tracker.example/token"),
                NamesItself = announced,
                ClientAuthentication = "none",
                Scopes = [],
            },
        };

        string document = new RemoteDefinitions().Write(head, []).Document;

        document.Should().Contain("issuer: \"https://login.tracker.example\"");
        document.Contains("issuer_optional: true", StringComparison.Ordinal).Should().Be(optional);
    }

    private static RemoteDefinition Write(string schema) =>
        new RemoteDefinitions().Write(
            Head,
            [
                RemoteTool.Of(
                    new JsonObject
                    {
                        ["name"] = "look_up",
                        ["description"] = "Looks something up.",
                        ["inputSchema"] = JsonNode.Parse(schema),
                    }
                )!,
            ]
        );
}
