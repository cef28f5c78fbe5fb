using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Behalf.Connectors.Document;

/// <summary>
/// Reads YAML strictly from the parser's events: no tags, anchors, aliases or duplicate keys; bounded in size, depth and
/// number of nodes. Nothing is ever built by name, so a document is only ever data.
/// </summary>
internal sealed class DocumentReader
{
    /// <value>In bytes of UTF-8.</value>
    public const int MaxBytes = 1024 * 1024;
    private const int MaxDepth = 40;
    private const int MaxNodes = 100_000;

    private readonly IParser _parser;
    private int _nodes;

    private DocumentReader(IParser parser) => _parser = parser;

    /// <returns>The documents of the stream, in order; each a mapping.</returns>
    /// <exception cref="DefinitionFault">Refused, with the line.</exception>
    public static IReadOnlyList<MappingNode> Read(string yaml)
    {
        if (Encoding.UTF8.GetByteCount(yaml) > MaxBytes)
        {
            throw new DefinitionFault(1, $"a definition has at most {MaxBytes / 1024} KiB");
        }

        try
        {
            return new DocumentReader(new Parser(new Scanner(new StringReader(yaml), skipComments: true))).Stream();
        }
        catch (YamlException exception)
        {
            throw new DefinitionFault((int)exception.Start.Line, $"not YAML: {exception.Message}");
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // The parser's own way to give up on some broken flow collections; it knows no line then.
            throw new DefinitionFault(1, $"not YAML: {exception.Message}");
        }
    }

    private List<MappingNode> Stream()
    {
        List<MappingNode> documents = [];
        _parser.Consume<StreamStart>();
        while (!_parser.TryConsume<StreamEnd>(out _))
        {
            DocumentStart start = _parser.Consume<DocumentStart>();
            if (start.Tags is { Count: > 0 } tags && tags.Any(tag => tag.Handle is not ("!" or "!!")))
            {
                throw new DefinitionFault(Line(start), "tag directives are not accepted");
            }

            DocumentNode root = Node(1);
            documents.Add(
                root as MappingNode ?? throw new DefinitionFault(root.Line, "a document is a mapping of keys to values")
            );
            _parser.Consume<DocumentEnd>();
        }

        return documents;
    }

    private DocumentNode Node(int depth)
    {
        ParsingEvent current = _parser.Current ?? throw new DefinitionFault(1, "the document ends too early");
        if (depth > MaxDepth || ++_nodes > MaxNodes)
        {
            throw new DefinitionFault(Line(current), "nested too deeply, or too large");
        }

        if (current is AnchorAlias || (current is NodeEvent { Anchor.IsEmpty: false }))
        {
            throw new DefinitionFault(Line(current), "anchors and aliases are not accepted");
        }

        if (current is NodeEvent { Tag.IsEmpty: false })
        {
            throw new DefinitionFault(Line(current), "tags are not accepted");
        }

        if (_parser.TryConsume<Scalar>(out Scalar? scalar))
        {
            return new ScalarNode(Line(scalar), scalar.Value, scalar.Style == ScalarStyle.Plain);
        }

        return _parser.TryConsume<SequenceStart>(out SequenceStart? sequence) ? Sequence(sequence, depth)
            : _parser.TryConsume<MappingStart>(out MappingStart? mapping) ? Mapping(mapping, depth)
            : throw new DefinitionFault(Line(current), "expected a value");
    }

    private SequenceNode Sequence(SequenceStart start, int depth)
    {
        List<DocumentNode> items = [];
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Node(depth + 1));
        }

        return new SequenceNode(Line(start), items);
    }

    private MappingNode Mapping(MappingStart start, int depth)
    {
        List<MappingEntry> entries = [];
        HashSet<string> keys = new(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            DocumentNode key = Node(depth + 1);
            if (key is not ScalarNode { Text: var name })
            {
                throw new DefinitionFault(key.Line, "a key is a plain word");
            }

            if (!keys.Add(name))
            {
                throw new DefinitionFault(key.Line, $"the key '{name}' is given twice");
            }

            entries.Add(new MappingEntry(name, key.Line, Node(depth + 1)));
        }

        return new MappingNode(Line(start), entries);
    }

    private static int Line(ParsingEvent from) => (int)from.Start.Line;
}
