using System.Text;
using System.Text.Json.Nodes;
using Behalf.Connectors.Templates;
using Behalf.Tests.Tools.Support;
using Behalf.Tools;
using CsCheck;
using Newtonsoft.Json.Linq;

namespace Behalf.Tests.Tools;

public sealed class ResultShaperTests
{
    [Fact]
    public void Text_IsStripped_OfWhatIsInvisibleOrActs()
    {
        JObject hostile = new()
        {
            ["note"] = "a\u0000b\u001b[31mc\u202ed\u2066e\u200bf\U000E0041g\ufeffh\tI\nJ",
            ["emoji"] = "👩‍💻 ok",
        };

        JsonObject shaped = ResultShaper.Shape(hostile, [], null);

        shaped["note"]!.GetValue<string>().Should().Be("ab[31mcdefgh\tI\nJ");
        shaped["emoji"]!.GetValue<string>().Should().Be("👩‍💻 ok");
    }

    [Fact]
    public void Result_IsCut_WithAMarkerAndANote_WhenItIsTooLarge()
    {
        JObject large = new()
        {
            ["items"] = new JArray(
                Enumerable.Range(0, 1000).Select(i => new JObject { ["text"] = new string('x', 500) })
            ),
        };

        JsonObject shaped = ResultShaper.Shape(large, ["first"], "next");

        Encoding.UTF8.GetByteCount(shaped.ToJsonString()).Should().BeLessThanOrEqualTo(ResultShaper.MaxBytes);
        shaped["notes"]!.AsArray().Should().HaveCount(2);
        shaped["next_cursor"]!.GetValue<string>().Should().Be("next");
        shaped["items"]!.AsArray().Should().NotBeEmpty();
    }

    [Fact]
    public void Result_IsAnObject_WhateverTheDefinitionGives()
    {
        ResultShaper.Shape(new JArray(1, 2), [], null)["result"]!.AsArray().Should().HaveCount(2);
        ResultShaper.Shape(null, [], null).Should().BeEmpty();
    }

    [Fact]
    public void Result_IsAlwaysBounded_WhateverTheTexts() =>
        Gen.String[0, 3000]
            .Array[0, 200]
            .Sample(
                texts =>
                {
                    JsonObject shaped = ResultShaper.Shape(new JObject { ["texts"] = new JArray(texts) }, [], null);
                    byte[] json = Encoding.UTF8.GetBytes(shaped.ToJsonString());
                    Tokens
                        .ToUtf8(ToolBench.Parse(shaped.ToJsonString()))
                        .Length.Should()
                        .BeLessThanOrEqualTo(64 * 1024);
                    json.Should().NotBeEmpty();
                },
                iter: 100
            );
}
