using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Behalf.Connectors.Templates;

/// <summary>
/// A small Markdown subset as the closed, lower-case XML some providers take: strong, em, s, code, lists and links, in a
/// body element; a line break is a newline. Everything else stands as its text, and markup in the text is escaped.
/// </summary>
internal static partial class RichText
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .DisableHtml()
        .UseEmphasisExtras(Markdig.Extensions.EmphasisExtras.EmphasisExtraOptions.Strikethrough)
        .Build();

    public static string FromMarkdown(string markdown)
    {
        StringBuilder xml = new("<body>");
        WriteBlocks(xml, Markdown.Parse(markdown, Pipeline));
        xml.Append("</body>");
        string text = xml.ToString();
        return IsWellFormed(text) ? text : $"<body>{Escape(markdown)}</body>";
    }

    /// <summary>The text of such a body, without its tags.</summary>
    public static string ToPlainText(string xml) => WebUtility.HtmlDecode(Tag().Replace(xml, ""));

    private static void WriteBlocks(StringBuilder xml, ContainerBlock blocks)
    {
        bool first = true;
        foreach (Block block in blocks)
        {
            if (!first && block is not ListBlock)
            {
                xml.Append(blocks is ListItemBlock ? "\n" : "\n\n");
            }

            first = false;
            WriteBlock(xml, block);
        }
    }

    private static void WriteBlock(StringBuilder xml, Block block)
    {
        switch (block)
        {
            case ListBlock list:
                string tag = list.IsOrdered ? "ol" : "ul";
                xml.Append('<').Append(tag).Append('>');
                foreach (ListItemBlock item in list.OfType<ListItemBlock>())
                {
                    xml.Append("<li>");
                    WriteBlocks(xml, item);
                    xml.Append("</li>");
                }

                xml.Append("</").Append(tag).Append('>');
                break;
            case HeadingBlock heading:
                xml.Append("<strong>");
                WriteInlines(xml, heading.Inline);
                xml.Append("</strong>");
                break;
            case CodeBlock code:
                xml.Append("<code>").Append(Escape(code.Lines.ToString())).Append("</code>");
                break;
            case LeafBlock leaf:
                WriteInlines(xml, leaf.Inline);
                break;
            case ContainerBlock container:
                WriteBlocks(xml, container);
                break;
        }
    }

    private static void WriteInlines(StringBuilder xml, ContainerInline? inlines)
    {
        foreach (Inline inline in inlines ?? Enumerable.Empty<Inline>())
        {
            switch (inline)
            {
                case EmphasisInline emphasis:
                    string tag =
                        emphasis.DelimiterChar == '~' ? "s"
                        : emphasis.DelimiterCount >= 2 ? "strong"
                        : "em";
                    xml.Append('<').Append(tag).Append('>');
                    WriteInlines(xml, emphasis);
                    xml.Append("</").Append(tag).Append('>');
                    break;
                case CodeInline code:
                    xml.Append("<code>").Append(Escape(code.Content)).Append("</code>");
                    break;
                case LinkInline { IsImage: false, Url: { } url } link when IsWebAddress(url):
                    xml.Append("<a href=\"").Append(Escape(url)).Append("\">");
                    WriteInlines(xml, link);
                    xml.Append("</a>");
                    break;
                case AutolinkInline { Url: var url } when IsWebAddress(url):
                    xml.Append("<a href=\"").Append(Escape(url)).Append("\">").Append(Escape(url)).Append("</a>");
                    break;
                case LineBreakInline:
                    xml.Append('\n');
                    break;
                case LiteralInline literal:
                    xml.Append(Escape(literal.Content.ToString()));
                    break;
                case ContainerInline container:
                    WriteInlines(xml, container);
                    break;
                default:
                    xml.Append(Escape(inline.ToString() ?? ""));
                    break;
            }
        }
    }

    private static bool IsWebAddress(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && uri.Scheme is "https" or "http" or "mailto";

    private static string Escape(string text) =>
        string.Concat(text.EnumerateRunes().Where(IsXml))
            .Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal)
            .Replace("\"", "&quot;", StringComparison.Ordinal);

    /// <summary>XML 1.0 §2.2, less control characters; half a surrogate pair enumerates as U+FFFD.</summary>
    private static bool IsXml(Rune rune) =>
        rune.Value is '\n' or '\t' || (rune.Value is not (0xFFFD or 0xFFFE or 0xFFFF) && !Rune.IsControl(rune));

    private static bool IsWellFormed(string xml)
    {
        try
        {
            using XmlReader reader = XmlReader.Create(
                new StringReader(xml),
                new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null }
            );
            while (reader.Read())
            {
                // reading to the end is the check
            }

            return true;
        }
        catch (XmlException)
        {
            return false;
        }
    }

    [GeneratedRegex("<[^<>]*>", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Tag();
}
