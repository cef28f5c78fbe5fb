using System.Xml.Linq;
using Behalf.Connectors.Templates;
using CsCheck;

namespace Behalf.Tests.Connectors;

public sealed class RichTextTests
{
    private static readonly string[] Allowed = ["body", "strong", "em", "s", "code", "ul", "ol", "li", "a"];

    [Theory]
    [InlineData("plain", "<body>plain</body>")]
    [InlineData("**bold** and *soft*", "<body><strong>bold</strong> and <em>soft</em></body>")]
    [InlineData("~~gone~~ `x < y`", "<body><s>gone</s> <code>x &lt; y</code></body>")]
    [InlineData("a\nb", "<body>a\nb</body>")]
    [InlineData("- one\n- two", "<body><ul><li>one</li><li>two</li></ul></body>")]
    [InlineData("1. one\n2. two", "<body><ol><li>one</li><li>two</li></ol></body>")]
    [InlineData(
        "[site](https://example.com?a=1&b=2)",
        "<body><a href=\"https://example.com?a=1&amp;b=2\">site</a></body>"
    )]
    [InlineData("[x](javascript:alert(1))", "<body>x</body>")]
    [InlineData("<script>x</script> & <br>", "<body>&lt;script&gt;x&lt;/script&gt; &amp; &lt;br&gt;</body>")]
    [InlineData("# Title", "<body><strong>Title</strong></body>")]
    public void Markdown_BecomesTheSmallSetOfTags(string markdown, string xml) =>
        RichText.FromMarkdown(markdown).Should().Be(xml);

    [Fact]
    public void Markdown_IsAlwaysWellFormedAndOfAllowedTags() =>
        Gen.String[Gen.Char["abc *_`~[]()<>&\"'#-1.\n!:/\u0000\ud83d"], 0, 60]
            .Sample(markdown =>
            {
                XElement body = XElement.Parse(RichText.FromMarkdown(markdown), LoadOptions.PreserveWhitespace);
                body.DescendantsAndSelf().Select(element => element.Name.LocalName).Should().BeSubsetOf(Allowed);
                body.DescendantsAndSelf()
                    .Attributes()
                    .Select(one => one.Name.LocalName)
                    .Should()
                    .OnlyContain(n => n == "href");
            });
}
