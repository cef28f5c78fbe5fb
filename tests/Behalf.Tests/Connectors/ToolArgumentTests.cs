using System.Text.Json;
using Behalf.Connectors;
using Behalf.Connectors.Schemas;
using Behalf.Connectors.Templates;
using Behalf.Tests.Tools.Support;
using Behalf.Tools;
using Newtonsoft.Json.Linq;

namespace Behalf.Tests.Connectors;

public sealed class ToolArgumentTests
{
    private static readonly InputSchema Schema = DefinitionReader
        .Read(
            ToolBench.Definition(
                """
                tools:
                  - name: make
                    title: Make
                    category: things
                    description: Makes one thing in the tracker.
                    hints: [read_only]
                    scopes: [things]
                    input:
                      name: {type: string, minLength: 1, maxLength: 10, required: true}
                      due_on: {type: [string, "null"], format: date}
                      status: {type: string, enum: [open, all], default: open}
                      limit: {type: integer, minimum: 1, maximum: 100, default: 20}
                      amount: {type: number}
                      code: {type: string, maxLength: 2000, pattern: '^(a+)+$'}
                      tags: {type: array, maxItems: 2, items: {type: string, maxLength: 5}}
                      mixed: {oneOf: [{type: string, format: date}, {type: integer}]}
                      confirm: {type: boolean, const: true}
                      values: {type: object, maxProperties: 2, values: {type: [string, number], maxLength: 5}}
                """
            )
        )
        .Tools[0]
        .Input!;

    private static Result<ToolArguments> Read(string json) =>
        ToolArguments.Read(Schema, JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 200 }).RootElement);

    [Fact]
    public void Arguments_AreTaken_WithDefaultsAndExplicitNulls()
    {
        JObject value = Read("""{"name":"x","due_on":null}""").Value!.Value;

        value["status"]!.Value<string>().Should().Be("open");
        value["limit"]!.Value<long>().Should().Be(20);
        value.ContainsKey("due_on").Should().BeTrue();
        value["due_on"]!.Type.Should().Be(JTokenType.Null);
        value.ContainsKey("amount").Should().BeFalse();
    }

    [Theory]
    [InlineData("""{}""", "name is required")]
    [InlineData("""{"name":""}""", "name must not be empty")]
    [InlineData("""{"name":"12345678901"}""", "name has 11 characters; at most 10 are taken")]
    [InlineData("""{"name":5}""", "name must be a text")]
    [InlineData("""{"name":"x","due_on":"31.12.2026"}""", "due_on must be a date like 2026-12-31")]
    [InlineData("""{"name":"x","due_on":"2026-02-30"}""", "due_on must be a date like 2026-12-31")]
    [InlineData("""{"name":"x","status":"done"}""", "status must be one of: open, all")]
    [InlineData("""{"name":"x","limit":0}""", "limit must be from 1 to 100, not 0")]
    [InlineData("""{"name":"x","limit":1.5}""", "limit must be a whole number")]
    [InlineData("""{"name":"x","dueon":"2026-12-31"}""", "dueon is not a known property; did you mean due_on?")]
    [InlineData("""{"name":"x","tags":["a","b","c"]}""", "tags must have 0 to 2 items, not 3")]
    [InlineData("""{"name":"x","tags":["toolong"]}""", "tags[0] has 7 characters")]
    [InlineData("""{"name":"x","mixed":true}""", "mixed must be a date like 2026-12-31 or a whole number")]
    [InlineData("""{"name":"x","confirm":false}""", "confirm must be true")]
    [InlineData("""{"name":"x","values":{"a":1,"b":2,"c":3}}""", "values has more than 2 entries")]
    [InlineData("""{"name":"x","name":"y"}""", "a property twice")]
    [InlineData("""{"name":"x","amount":1e400}""", "send it as a string")]
    [InlineData("""{"name":"x","amount":0.12345678901234567890123456789012345}""", "send it as a string")]
    [InlineData("""{"name":"\ud800"}""", "not valid Unicode")]
    [InlineData("""[]""", "must be a JSON object")]
    public void Arguments_AreRefused_InWordsAModelCanActOn(string json, string message)
    {
        Problem problem = Read(json).Problem!;

        problem.Kind.Should().Be(ProblemKind.InvalidArgument);
        problem.Message.Should().Contain(message);
        problem.Violations.Should().NotBeEmpty();
    }

    [Theory]
    [InlineData("identifier")]
    [InlineData("account_id")]
    [InlineData("base_url")]
    [InlineData("headers")]
    [InlineData("access_token")]
    [InlineData("connection")]
    [InlineData("__proto__")]
    public void Property_IsRefused_WhenItCouldNameAnIdentityOrHost(string name) =>
        Read($$"""{"name":"x","{{name}}":"y"}""").Problem!.Message.Should().Contain("is not a known property");

    [Fact]
    public void Violations_AreBounded_WhenEverythingIsWrong()
    {
        string many = string.Join(",", Enumerable.Range(0, 500).Select(i => $"\"p{i}\":1"));

        Read($$"""{"name":"x",{{many}}}""").Problem!.Violations.Should().HaveCountLessThanOrEqualTo(10);
    }

    [Fact]
    public void Arguments_AreRefused_WhenTheyAreTooDeepOrTooLarge()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 50)) + string.Concat(Enumerable.Repeat("]", 50));

        Read($$"""{"name":{{deep}}}""").Problem!.Message.Should().Contain("too deeply");
        Read($$"""{"name":"{{new string('x', 300_000)}}"}""").Problem!.Message.Should().Contain("256 KiB");
    }

    [Fact]
    public void Pattern_IsChecked_WithoutBacktracking()
    {
        // With a backtracking engine this input takes longer than the universe is old.
        Read($$"""{"name":"x","code":"{{new string('a', 1999)}}b"}""").Problem!.Message.Should().Contain("pattern");
    }

    [Theory]
    [InlineData("9007199254740993")]
    [InlineData("-9223372036854775808")]
    [InlineData("0.1")]
    [InlineData("123456789012345678.123456789")]
    [InlineData("79228162514264337593543950335")]
    public void Number_KeepsItsExactValue_OnItsWayToTheProvider(string number)
    {
        JObject value = Read($$"""{"name":"x","amount":{{number}}}""").Value!.Value;

        System.Text.Encoding.UTF8.GetString(Tokens.ToUtf8(value["amount"]!)).Should().Be(number);
    }

    [Fact]
    public void CanonicalForm_IsTheSame_WhateverTheOrderOfProperties()
    {
        byte[] one = Read("""{"name":"x","values":{"a":1,"b":2}}""").Value!.Canonical;
        byte[] other = Read("""{"values":{"b":2,"a":1},"name":"x"}""").Value!.Canonical;

        other.Should().Equal(one);
    }
}
