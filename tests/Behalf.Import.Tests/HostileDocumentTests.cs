using System.Text;

namespace Behalf.Import.Tests;

/// <summary>Documents that are broken, endless or meant to do harm: one sentence, soon, and nothing else.</summary>
public sealed class HostileDocumentTests
{
    private const string Head =
        "\"openapi\": \"3.0.0\", \"info\": {\"title\": \"X\"}, \"servers\": [{\"url\": \"https://x.example\"}]";

    public static TheoryData<string, string> Broken =>
        new()
        {
            { "", "empty" },
            { "[]", "object" },
            { "{", "not JSON" },
            { "a: [b", "not YAML" },
            { "{\"openapi\": \"3.0.0\"}", "no 'paths'" },
            { "{\"openapi\": \"4.0.0\", \"paths\": {}}", "another version" },
            { "{\"swagger\": \"1.2\", \"paths\": {}}", "another version" },
            { "{\"openapi\": 3, \"paths\": {}}", "names no version" },
            { "{\"openapi\": \"3.0.0\", \"paths\": {}}", "no operations" },
            { $$"""{{{Head}}, "paths": {"/a": {"get": {"summary": "\ud800"} } } }""", "half a character" },
            {
                """{"openapi": "3.0.0", "servers": [{"url": "http://x.example"}], "paths": {"/a": {"get": {"summary": "Reads a"} } } }""",
                "--base-url"
            },
            {
                """{"openapi": "3.0.0", "servers": [{"url": "https://{a}x.example"}], "paths": {"/a": {"get": {"summary": "Reads a"} } } }""",
                "--base-url"
            },
            { "a: &a [*a]", "alias" },
            { "openapi: 3.0.0\npaths: {? [a] : b}", "key" },
            { new string('[', 5000), "too deeply" },
            { "{\"a\":" + new string('[', 5000) + new string(']', 5000) + "}", "too deeply" },
        };

    [Theory]
    [MemberData(nameof(Broken))]
    public void ABrokenDocument_GetsOneSentence(string document, string words)
    {
        string sentence = Imported.SentenceOf(Imported.OfText(document));

        sentence.Should().Contain(words);
        sentence.Length.Should().BeLessThan(700);
    }

    [Fact]
    public void AnchorsThatMultiply_EndAtTheBound()
    {
        StringBuilder text = new("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++)
        {
            text.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        Imported.SentenceOf(Imported.OfText(text.ToString())).Should().Contain("anchors");
    }

    [Theory]
    [InlineData("""{"$ref": "#/components/schemas/A"}""")]
    [InlineData("""{"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}}""")]
    [InlineData("""{"allOf": [{"$ref": "#/components/schemas/A"}]}""")]
    [InlineData("""{"type": "array", "items": {"$ref": "#/components/schemas/A"}}""")]
    [InlineData("""{"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/A"}]}""")]
    [InlineData("""{"type": "object", "additionalProperties": {"$ref": "#/components/schemas/A"}}""")]
    public void SchemasThatHoldThemselves_End(string schema)
    {
        Result<ImportedConnector> read = Imported.OfText(
            $$"""
            { {{Head}}, "paths": {"/a": {"post": {"operationId": "make", "summary": "Makes something",
              "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"} } } } } } },
              "components": {"schemas": {"A": {{schema}} } } }
            """
        );

        (read.Succeeded ? read.Value.Tools.Count : read.Problem.Message.Length).Should().BePositive();
    }

    [Fact]
    public void TextsOfADocument_AreData_NotStructureOfTheConnector()
    {
        const string evil =
            "\\u202Ex\\nauth: {type: none}\\n--- # file: ../../x\\u0000 = `rm` | [a](https://evil.example) <b>";
        ImportedConnector imported = Imported.ValueOf(
            Imported.OfText(
                $$"""
                {"openapi": "3.0.0", "info": {"title": "{{evil}}", "description": "{{evil}}"}, "servers": [{"url": "https://x.example"}],
                 "security": [{"{{evil}}": []}],
                 "components": {"securitySchemes": {"{{evil}}": {"type": "apiKey", "in": "header", "name": "X-Key"} } },
                 "paths": {"/a": {"get": {"operationId": "{{evil}}", "summary": "{{evil}}", "tags": ["../../{{evil}}"],
                   "parameters": [{"name": "{{evil}}", "in": "query", "schema": {"type": "string", "enum": ["=args.x", "{{evil}}"], "description": "{{evil}}"} }] } },
                   "/b": {"get": {"deprecated": true, "operationId": "{{evil}}"} } } }
                """
            )
        );

        imported.Files.Keys.Should().OnlyContain(path => !path.Contains("..", StringComparison.Ordinal));
        Imported.Definition(imported).Auth.Header.Should().Be("X-Key");
        imported.Files["README.md"].Should().NotContain("[a](").And.NotContain("<b>").And.NotContain("\u202e");
        Imported.Definition(imported).Tools.Single().Title.Should().NotContainAny("\n", "\u202e", "\0");
    }
}
