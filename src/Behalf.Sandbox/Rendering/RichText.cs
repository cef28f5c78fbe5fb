using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Behalf.Sandbox.Rendering;

/// <summary>Asana's XML for notes and comments: a few tags inside <c>&lt;body&gt;</c>, links to objects by gid.</summary>
internal static class RichText
{
    public const string Empty = "<body></body>";
    public const int MaxLength = 65_000;

    private static readonly HashSet<string> Anywhere = ["strong", "em", "u", "s", "code", "ol", "ul", "li", "a"];
    private static readonly HashSet<string> InTasks =
    [
        "h1",
        "h2",
        "hr",
        "pre",
        "blockquote",
        "table",
        "tr",
        "td",
        "img",
    ];
    private static readonly HashSet<string> WithAttributes = ["a", "img", "td"];

    public static string FromPlain(string text) => new XElement("body", text).ToString(SaveOptions.DisableFormatting);

    /// <summary>Checks what a client wrote. A link without an address must lead to something the writer sees.</summary>
    public static string Accept(string field, string html, bool isComment, View writer)
    {
        var body = Parse(field, html);
        foreach (var element in body.Descendants())
        {
            var name = element.Name.LocalName;
            if (!Anywhere.Contains(name) && (isComment || !InTasks.Contains(name)))
            {
                throw Refusal.BadRequest($"{field}: XML is invalid: unsupported tag <{name}>");
            }
            if (element.HasAttributes && !WithAttributes.Contains(name))
            {
                throw Refusal.BadRequest($"{field}: XML is invalid: <{name}> takes no attributes");
            }
            if (name == "a" && Gid(element) is { } gid && element.Attribute("href") is null)
            {
                if (!writer.Store.TryFind(gid, out var item) || !writer.Sees(item))
                {
                    throw Refusal.BadRequest($"{field}: XML is invalid: the link to {gid} leads nowhere");
                }
            }
        }
        return body.ToString(SaveOptions.DisableFormatting);
    }

    /// <summary>The rich text as this viewer may read it, links expanded or marked private.</summary>
    public static string Read(string html, View view)
    {
        var body = XElement.Parse(html, LoadOptions.PreserveWhitespace);
        Expand(body, view);
        return body.ToString(SaveOptions.DisableFormatting);
    }

    /// <summary>The same without markup.</summary>
    public static string ReadPlain(string html, View view)
    {
        var body = XElement.Parse(html, LoadOptions.PreserveWhitespace);
        Expand(body, view);
        var text = new StringBuilder();
        Flatten(body, text);
        return text.ToString().TrimEnd('\n');
    }

    private static void Expand(XElement body, View view)
    {
        foreach (var link in body.Descendants("a").ToList())
        {
            if (Target(link, view) is not { } target)
            {
                continue;
            }
            if (view.Sees(target))
            {
                link.SetAttributeValue("href", view.Permalink(target));
                link.SetAttributeValue("data-asana-gid", target.Gid);
                link.SetAttributeValue("data-asana-accessible", "true");
                link.SetAttributeValue("data-asana-type", target.ResourceType);
                link.Value = target is User ? $"@{target.Title}" : target.Title ?? target.ResourceType;
            }
            else
            {
                link.ReplaceAttributes(new XAttribute("data-asana-accessible", "false"));
                link.Value = "Private Link";
            }
        }
    }

    /// <summary>What a link leads to, by its gid or by an address that ends in one.</summary>
    private static Entity? Target(XElement link, View view)
    {
        var gid = Gid(link);
        if (gid is null && Uri.TryCreate(link.Attribute("href")?.Value, UriKind.Absolute, out var address))
        {
            gid = address.Segments.Select(s => s.Trim('/')).LastOrDefault(s => view.Store.TryFind(s, out _));
        }
        return gid is not null && view.Store.TryFind(gid, out var item) ? item : null;
    }

    private static void Flatten(XElement element, StringBuilder text)
    {
        foreach (var node in element.Nodes())
        {
            if (node is XText plain)
            {
                text.Append(plain.Value);
            }
            else if (node is XElement child)
            {
                var isBlock = child.Name.LocalName is "li" or "h1" or "h2" or "hr" or "pre" or "blockquote" or "tr";
                text.Append(child.Name.LocalName == "li" ? "- " : "");
                Flatten(child, text);
                text.Append(isBlock ? "\n" : "");
            }
        }
    }

    private static string? Gid(XElement link) => link.Attribute("data-asana-gid")?.Value;

    private static XElement Parse(string field, string html)
    {
        if (html.Length > MaxLength)
        {
            throw Refusal.BadRequest($"{field}: Too long, at most {MaxLength} characters");
        }
        try
        {
            var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
            using var reader = XmlReader.Create(new StringReader(html), settings);
            var body = XDocument.Load(reader, LoadOptions.PreserveWhitespace).Root;
            return body?.Name == "body" && !body.HasAttributes
                ? body
                : throw Refusal.BadRequest($"{field}: XML is invalid: the root must be <body>");
        }
        catch (XmlException)
        {
            throw Refusal.BadRequest($"{field}: XML is invalid");
        }
    }
}
