using Behalf.Cli.Output;

namespace Behalf.Cli.Tests;

public sealed class InertTests
{
    [Theory]
    [InlineData("plain Größe 日本 😀", "plain Größe 日本 😀")]
    [InlineData("\u001b[31mred\u001b[0m", "\uFFFD[31mred\uFFFD[0m")]
    [InlineData("\u001b]8;;https://evil.example\u0007click", "\uFFFD]8;;https://evil.example\uFFFDclick")]
    [InlineData("a\u202Egnp.exe", "a\uFFFDgnp.exe")]
    [InlineData("a\u200Bb", "a\uFFFDb")]
    [InlineData("tag\U000E0041", "tag\uFFFD")]
    [InlineData("one\ntwo\tthree\r\n", "one two three  ")]
    [InlineData("\u009b31m", "\uFFFD31m")]
    public void OnOneLine_NothingCanSteerATerminal(string text, string shown) => Inert.Line(text).Should().Be(shown);

    [Fact]
    public void InAText_LinesStay_AndCarriageReturnsGo() =>
        Inert.Text("one\r\ntwo\rX\u001b").Should().Be("one\ntwoX\uFFFD");

    [Fact]
    public void InJson_InvisibleCharactersAreEscaped_AndTheRestIsReadable()
    {
        var text = CliJson.Line(new { Name = "\"Größe\" <日本> \u202Egnp\u001b[31m\U000E0041" });

        text.Should().Be("""{"name":"\"Größe\" <日本> \u202egnp\u001B[31m\uDB40\uDC41"}""");
        System
            .Text.Json.JsonDocument.Parse(text)
            .RootElement.GetProperty("name")
            .GetString()
            .Should()
            .EndWith("\U000E0041");
    }
}
