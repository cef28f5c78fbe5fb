using Behalf.Tests.Tools.Support;
using Behalf.Tools.Running;
using CsCheck;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Behalf.Tests.Connectors;

/// <summary>No value of an argument can change the shape of a request: not its path, query, headers, body or host.</summary>
public sealed class TemplatePropertyTests
{
    private const string Echo = """
        tools:
          - name: echo
            title: Echo
            category: things
            description: Sends what it is given everywhere a value can go.
            scopes: [things]
            input:
              value: {type: string, maxLength: 1000, required: true}
            steps:
              - request: echo
                method: POST
                path: /a/{value}/b
                slots: {value: =args.value}
                query: {q: =args.value, fixed: "1"}
                json: {data: {value: =args.value, list: [=args.value]}, "fixed": true}
                save: answer
            result: {ok: true}
          - name: head
            title: Head
            category: things
            description: Sends what it is given as a header.
            hints: [read_only]
            scopes: [things]
            input:
              value: {type: string, maxLength: 1000, required: true}
            steps:
              - {request: head, path: /head, headers: {X-Value: =args.value}, save: answer}
            result: {ok: true}
          - name: form
            title: Form
            category: things
            description: Sends what it is given as a form and as a file.
            scopes: [things]
            input:
              value: {type: string, maxLength: 1000, required: true}
            steps:
              - {request: form, method: POST, path: /form, form: {v: =args.value, fixed: "1"}, save: answer}
              - request: upload
                method: POST
                path: /upload
                multipart:
                  - {name: note, value: =args.value}
                  - {name: file, file: "=from_base64('AAAA')", file_name: =args.value}
            result: {ok: true}
        """;

    private static readonly string[] Known =
    [
        "..",
        ".",
        "",
        "../users/me",
        "%2e%2e",
        "%2f",
        "..\\x",
        "a/b",
        "//evil.example",
        "@evil.example",
        "?x=1",
        "#x",
        ";x",
        "=args",
        "{value}",
        "$(id)",
        "a\r\nX-Evil: 1",
        "\u0000",
        "\ufeff..",
        "．．",
        "a%00b",
        "https://evil.example/",
        "\"},\"admin\":true,{\"x\":\"",
        "&fixed=2",
        "fixed=2",
    ];

    private static readonly Gen<string> Hostile = Gen.OneOf(
        Gen.String[0, 40],
        Gen.String[Gen.Char["/\\.%?#;:@&=+ \r\n\0\t\"'{}[]<>$`|~ab1\u202e\u200b\ud83d\ude00é"], 0, 30],
        Gen.OneOf(Known)
    );

    private static readonly JsonSerializerSettings Escaped = new()
    {
        StringEscapeHandling = StringEscapeHandling.EscapeNonAscii,
    };

    private static readonly ToolBench Bench = ToolBench.Of(Echo);

    private static (RunOutcome Outcome, IReadOnlyList<SentRequest> Sent) Send(string tool, string value)
    {
        FakeUpstream upstream = new(_ => FakeUpstream.Json("{}"));
        RunOutcome outcome = Bench
            .RunAsync(tool, JsonConvert.SerializeObject(new { value }, Escaped), upstream)
            .GetAwaiter()
            .GetResult();
        return (outcome, upstream.Requests);
    }

    [Fact]
    public void Path_KeepsItsShape_WhateverTheValue() =>
        Hostile.Sample(
            value =>
            {
                (RunOutcome outcome, IReadOnlyList<SentRequest> sent) = Send("echo", value);
                if (outcome is RunOutcome.Failed)
                {
                    sent.Should().BeEmpty("a refused value sends nothing");
                    return;
                }

                Uri uri = new(new Uri("https://tracker.example"), sent[0].Path);
                uri.Host.Should().Be("tracker.example");
                uri.Query.Should().BeEmpty();
                uri.Fragment.Should().BeEmpty();
                string[] segments = uri.AbsolutePath.Split('/');
                segments.Should().HaveCount(4);
                (segments[1], segments[3]).Should().Be(("a", "b"));
                Uri.UnescapeDataString(segments[2]).Should().Be(value);
            },
            iter: 2000
        );

    [Fact]
    public void QueryAndBody_KeepTheirShape_WhateverTheValue() =>
        Hostile.Sample(
            value =>
            {
                (RunOutcome outcome, IReadOnlyList<SentRequest> sent) = Send("echo", value);
                if (outcome is RunOutcome.Failed)
                {
                    return;
                }

                sent[0]
                    .Request.Query.Should()
                    .Equal(
                        new KeyValuePair<string, string>("q", value),
                        new KeyValuePair<string, string>("fixed", "1")
                    );
                JObject body = JObject.Parse(sent[0].Body!);
                body.Properties().Select(one => one.Name).Should().Equal("data", "fixed");
                ((JObject)body["data"]!).Properties().Select(one => one.Name).Should().Equal("value", "list");
                sent[0].Json["data"]!["value"]!.GetValue<string>().Should().Be(value);
            },
            iter: 1000
        );

    [Fact]
    public void Header_NeverHoldsControlCharacters_WhateverTheValue() =>
        Hostile.Sample(
            value =>
            {
                (RunOutcome outcome, IReadOnlyList<SentRequest> sent) = Send("head", value);
                if (outcome is RunOutcome.Finished)
                {
                    KeyValuePair<string, string> header = sent[0].Request.Headers.Should().ContainSingle().Subject;
                    header.Key.Should().Be("X-Value");
                    header.Value.Should().Be(value);
                    header.Value.Any(c => c is < ' ' or > '~').Should().BeFalse();
                }
                else
                {
                    sent.Should().BeEmpty();
                }
            },
            iter: 1000
        );

    [Fact]
    public void FormAndMultipart_KeepTheirShape_WhateverTheValue() =>
        Hostile.Sample(
            value =>
            {
                (RunOutcome outcome, IReadOnlyList<SentRequest> sent) = Send("form", value);
                if (outcome is RunOutcome.Failed)
                {
                    sent.Should().BeEmpty("only half a character is refused, before anything is sent");
                    return;
                }

                string[] pairs = sent[0].Body!.Split('&');
                pairs.Should().HaveCount(2);
                pairs[1].Should().Be("fixed=1");
                string upload = sent[1].Body!;
                upload.Split("Content-Disposition:").Should().HaveCountGreaterThanOrEqualTo(3);
                string boundary = upload[..upload.IndexOf("\r\n", StringComparison.Ordinal)];
                if (!value.Contains(boundary, StringComparison.Ordinal))
                {
                    upload.Split(boundary).Should().HaveCount(4, "two parts, whatever the file is called");
                }

                string disposition = upload
                    .Split("\r\n")
                    .Last(line => line.StartsWith("Content-Disposition", StringComparison.Ordinal));
                disposition.Should().Contain("name=\"file\"");
            },
            iter: 500
        );

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("../users/me")]
    [InlineData("..\\x")]
    [InlineData("a/b")]
    [InlineData("a\nb")]
    public void Value_IsRefused_WhenItIsNoSegment(string value)
    {
        (RunOutcome outcome, IReadOnlyList<SentRequest> sent) = Send("echo", value);

        outcome.Should().BeOfType<RunOutcome.Failed>().Which.Problem.Code.Should().Be("invalid_input");
        sent.Should().BeEmpty();
    }

    [Fact]
    public async Task Expression_SeesOnlyItsOwnScope_WhenManyRunAtOnce()
    {
        // The library keeps the root of an evaluation inside the parsed expression: one per evaluation, or users mix.
        Behalf.Connectors.Templates.Expression expression = new("list[?owner == $.me].owner | [0]", 1);
        await Parallel.ForAsync(
            0,
            4000,
            TestContext.Current.CancellationToken,
            (i, _) =>
            {
                JObject scope = new()
                {
                    ["me"] = $"user{i}",
                    ["list"] = new JArray(
                        Enumerable.Range(i - 3, 7).Select(n => new JObject { ["owner"] = $"user{n}" })
                    ),
                };
                expression.Evaluate(scope)!.Value<string>().Should().Be($"user{i}");
                return ValueTask.CompletedTask;
            }
        );
    }
}
