using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Behalf.Import.Documents;

/// <summary>
/// Turns one YAML document into JSON from the parser's events. Anchors are allowed, as published documents have them, and
/// what they repeat counts every time: a document that multiplies itself ends at the bound. Tags build nothing.
/// </summary>
internal sealed partial class YamlAsJson
{
    private const int MaxNodes = 3_000_000;

    private readonly IParser _parser;
    private readonly Dictionary<AnchorName, Node> _anchors = [];
    private int _read;
    private int _written;

    private YamlAsJson(IParser parser) => _parser = parser;

    /// <exception cref="ImportFault">Not YAML, or beyond the bounds; with the line where it is known.</exception>
    public static ReadOnlyMemory<byte> Convert(string yaml)
    {
        try
        {
            return new YamlAsJson(new Parser(new Scanner(new StringReader(yaml), skipComments: true))).Document();
        }
        catch (YamlException exception)
        {
            throw new ImportFault($"line {exception.Start.Line}: not YAML");
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            throw new ImportFault("not YAML"); // the parser's own way to give up on some broken flow collections
        }
    }

    private ReadOnlyMemory<byte> Document()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _))
        {
            throw new ImportFault("the document is empty");
        }

        Node root = Read(1);
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter json = new(
            buffer,
            new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = ApiText.MaxDepth }
        );
        Write(root, json, buffer, 1);
        json.Flush();
        return buffer.WrittenMemory;
    }

    private Node Read(int depth)
    {
        ParsingEvent current = _parser.Current ?? throw new ImportFault("the document ends too early");
        if (depth > ApiText.MaxDepth || ++_read > MaxNodes)
        {
            throw new ImportFault($"line {current.Start.Line}: nested too deeply, or too large");
        }

        if (_parser.TryConsume<AnchorAlias>(out AnchorAlias? alias))
        {
            // An anchor is known once its value is complete: a value that holds itself is unknown.
            return _anchors.TryGetValue(alias.Value, out Node? known)
                ? known
                : throw new ImportFault($"line {alias.Start.Line}: the alias stands for nothing that came before");
        }

        AnchorName anchor = current is NodeEvent { Anchor: { IsEmpty: false } name } ? name : AnchorName.Empty;
        Node node = Value(current, depth);
        if (!anchor.IsEmpty)
        {
            _anchors[anchor] = node;
        }

        return node;
    }

    private Node Value(ParsingEvent current, int depth)
    {
        if (_parser.TryConsume<Scalar>(out Scalar? scalar))
        {
            return new Node.Text(scalar.Value, scalar.Style == ScalarStyle.Plain);
        }

        if (_parser.TryConsume<SequenceStart>(out _))
        {
            List<Node> items = [];
            while (!_parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(Read(depth + 1));
            }

            return new Node.Items(items);
        }

        if (!_parser.TryConsume<MappingStart>(out _))
        {
            throw new ImportFault($"line {current.Start.Line}: expected a value");
        }

        List<(string, Node)> entries = [];
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            string key = Read(depth + 1) is Node.Text { Value: var text }
                ? text
                : throw new ImportFault($"line {current.Start.Line}: a key is a plain word");
            entries.Add((key, Read(depth + 1)));
        }

        return new Node.Entries(entries);
    }

    private void Write(Node node, Utf8JsonWriter json, ArrayBufferWriter<byte> buffer, int depth)
    {
        if (++_written > MaxNodes || depth > ApiText.MaxDepth || buffer.WrittenCount > 2 * ApiText.MaxBytes)
        {
            throw new ImportFault("nested too deeply, or too large with what its anchors repeat");
        }

        switch (node)
        {
            case Node.Text text:
                Write(text, json);
                break;
            case Node.Items { Values: var items }:
                json.WriteStartArray();
                foreach (Node item in items)
                {
                    Write(item, json, buffer, depth + 1);
                }

                json.WriteEndArray();
                break;
            case Node.Entries { Values: var entries }:
                json.WriteStartObject();
                foreach ((string key, Node value) in entries)
                {
                    json.WritePropertyName(Whole(key));
                    Write(value, json, buffer, depth + 1);
                }

                json.WriteEndObject();
                break;
            default:
                throw new InvalidOperationException($"There is no writer for {node.GetType().Name}.");
        }
    }

    /// <summary>YAML 1.2 core schema, as far as JSON has a form for it; everything else is text.</summary>
    private static void Write(Node.Text text, Utf8JsonWriter json)
    {
        if (text.Plain && text.Value is "" or "~" or "null" or "Null" or "NULL")
        {
            json.WriteNullValue();
        }
        else if (text.Plain && text.Value is "true" or "True" or "TRUE" or "false" or "False" or "FALSE")
        {
            json.WriteBooleanValue(text.Value[0] is 't' or 'T');
        }
        else if (text.Plain && text.Value.Length <= 40 && Number().IsMatch(text.Value))
        {
            json.WriteRawValue(text.Value);
        }
        else
        {
            json.WriteStringValue(Whole(text.Value));
        }
    }

    /// <summary>Half a surrogate pair cannot be written as UTF-8.</summary>
    private static string Whole(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    [GeneratedRegex(
        "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]{1,3})?\\z",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Number();

    private abstract record Node
    {
        public sealed record Text(string Value, bool Plain) : Node;

        public sealed record Items(IReadOnlyList<Node> Values) : Node;

        public sealed record Entries(IReadOnlyList<(string, Node)> Values) : Node;
    }
}
