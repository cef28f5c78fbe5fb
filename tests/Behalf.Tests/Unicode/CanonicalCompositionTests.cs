using System.Globalization;
using System.Text;
using Behalf.Unicode;

namespace Behalf.Tests.Unicode;

public sealed class CanonicalCompositionTests
{
    [Theory]
    [InlineData("caf\u00e9", true)]
    [InlineData("cafe\u0301", false)]
    [InlineData("\u212b", false)] // the unit ångström is always the letter
    [InlineData("\u00c5", true)]
    [InlineData("\u2126", false)] // ohm
    [InlineData("\u0340", false)]
    [InlineData("\u0958", false)] // excluded from composition: stays in two parts
    [InlineData("\u0915\u093c", true)]
    [InlineData("\ud55c\uae00", true)]
    [InlineData("\u1112\u1161\u11ab", false)]
    [InlineData("\ud558\u11ab", false)] // an open syllable takes a final
    [InlineData("\ud55c\u11ab", true)] // a closed one does not
    [InlineData("\u1112", true)]
    [InlineData("\u1161", true)]
    [InlineData("\u0301", true)] // a mark with nothing to compose with
    [InlineData("q\u0301", true)]
    [InlineData("q\u0301\u0323", false)] // marks out of order
    [InlineData("q\u0323\u0301", true)]
    [InlineData("a\u0315\u0300", false)] // 232 before 230
    [InlineData("a\u0334\u0301", false)] // not blocked: the class before is lower
    [InlineData("q\u0302\u0301", true)]
    [InlineData("\u00e2\u0301", false)]
    [InlineData("a\u200d\u0301", true)] // a starter between blocks
    [InlineData("\u1e0b\u0323", false)] // the parts compose in another order
    [InlineData("\u1e0d\u0307", true)]
    [InlineData("\u0b47\u0b56", false)]
    [InlineData("\U0001D15E", false)]
    [InlineData("", true)]
    [InlineData("user_123", true)]
    public void Text_IsComposed_AsTheAnnexSays(string text, bool expected) =>
        CanonicalComposition.IsComposed(text).Should().Be(expected);

    [Fact]
    public void EverySample_IsAnsweredAsIcuAnswers()
    {
        using Stream stream = typeof(CanonicalCompositionTests).Assembly.GetManifestResourceStream(
            "composition-samples.txt"
        )!;
        using StreamReader reader = new(stream);
        List<string> wrong = [];
        int count = 0;
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                line.Should().Contain($"Unicode {CompositionData.UnicodeVersion},");
                continue;
            }

            string[] cells = line.Split(' ');
            string text = string.Concat(
                cells.Skip(1).Select(cell => new Rune(int.Parse(cell, NumberStyles.HexNumber)).ToString())
            );
            count++;
            if (CanonicalComposition.IsComposed(text) != (cells[0] == "yes"))
            {
                wrong.Add(line);
            }
        }

        count.Should().BeGreaterThanOrEqualTo(2000);
        wrong.Should().BeEmpty();
    }

    [Fact]
    public void LongRunOfMarks_IsAnswered()
    {
        string ordered = "q" + new string('\u0323', 100_000) + new string('\u0301', 100_000);
        string composable = "a" + new string('\u0334', 200_000) + "\u0301";

        CanonicalComposition.IsComposed(ordered).Should().BeTrue();
        CanonicalComposition.IsComposed(composable).Should().BeFalse();
    }

    [Theory]
    [InlineData("jose\u0301", false)]
    [InlineData("jos\u00e9", true)]
    [InlineData("\u212bngstr\u00f6m", false)]
    public void Identifier_IsRefused_UnlessComposed(string text, bool expected)
    {
        Identifier.TryParse(text, out _, out string? problem).Should().Be(expected);

        (problem is null).Should().Be(expected);
    }
}
