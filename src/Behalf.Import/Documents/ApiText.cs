using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Behalf.Import.Documents;

/// <summary>Reads a document's bytes, JSON or YAML, as data: bounded in size and depth, and nothing outside it is ever read.</summary>
public static class ApiText
{
    /// <value>In bytes; the largest published documents have about half of it.</value>
    public const int MaxBytes = 32 * 1024 * 1024;

    internal const int MaxDepth = 100;

    /// <exception cref="ImportFault">Too large, too deep, or neither JSON nor YAML.</exception>
    internal static JsonElement Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new ImportFault($"a document has at most {MaxBytes / 1024 / 1024} MiB");
        }

        if (!Utf8.IsValid(bytes.Span))
        {
            throw new ImportFault("not UTF-8");
        }

        ReadOnlyMemory<byte> text = bytes.Span.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes;
        int start = text.Span.IndexOfAnyExcept(" \t\r\n"u8);
        bool isJson = start >= 0 && text.Span[start] == '{';
        return Parse(isJson ? text : YamlAsJson.Convert(Encoding.UTF8.GetString(text.Span)), isJson);
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> json, bool isJson)
    {
        try
        {
            CheckTexts(json.Span);
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new ImportFault("an OpenAPI document is an object");
        }
        catch (JsonException exception)
        {
            throw new ImportFault(
                isJson ? $"line {exception.LineNumber + 1}: not JSON, or nested too deeply" : "nested too deeply"
            );
        }
    }

    /// <summary>Escapes can spell half a surrogate pair, which is no text; every later look may then trust all of them.</summary>
    private static void CheckTexts(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped)
            {
                continue;
            }

            try
            {
                reader.GetString();
            }
            catch (InvalidOperationException)
            {
                throw new ImportFault("a text holds half a character (a lone surrogate)");
            }
        }
    }
}
