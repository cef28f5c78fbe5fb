using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Newtonsoft.Json.Linq;

namespace Behalf.Connectors.Templates;

/// <summary>
/// The bridge between JSON on the wire and the tokens expressions work on. Numbers keep their exact value: a whole number
/// is a <see cref="long"/>, any other a <see cref="decimal"/>; one that neither holds is refused (arguments) or kept as
/// its text (answers).
/// </summary>
internal static class Tokens
{
    /// <summary>Of most of them, with the room that the writer asks for ahead.</summary>
    private const int ShortText = 8 * 1024;

    /// <summary>Arguments: explicit nulls stay, so that "not given" and "given as null" differ.</summary>
    /// <exception cref="FormatException">A number whose exact value cannot be kept.</exception>
    public static JToken FromArguments(JsonElement element) =>
        From(element, keepNulls: true, number => throw new FormatException($"{number} has too many digits"));

    /// <summary>A provider's answer: null properties are left out, as expressions do not tell them from absent ones.</summary>
    public static JToken FromAnswer(JsonElement element) =>
        From(element, keepNulls: false, number => new JValue(number));

    /// <returns>Null when it is not JSON.</returns>
    public static JToken? TryParse(byte[] answer)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            return FromAnswer(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null; // InvalidOperationException: a text with half a surrogate pair
        }
    }

    public static bool IsExact(string number) => Exact(number) is not null;

    private static JToken From(JsonElement element, bool keepNulls, Func<string, JToken> inexact)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                JObject map = [];
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    if (keepNulls || property.Value.ValueKind != JsonValueKind.Null)
                    {
                        map[property.Name] = From(property.Value, keepNulls, inexact);
                    }
                }

                return map;
            case JsonValueKind.Array:
                JArray list = [];
                foreach (JsonElement item in element.EnumerateArray())
                {
                    list.Add(From(item, keepNulls, inexact));
                }

                return list;
            case JsonValueKind.String:
                return new JValue(element.GetString());
            case JsonValueKind.Number:
                string text = element.GetRawText();
                return Exact(text) ?? inexact(text);
            case JsonValueKind.True:
            case JsonValueKind.False:
                return new JValue(element.GetBoolean());
            default:
                return JValue.CreateNull();
        }
    }

    private static JValue? Exact(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
        {
            return new JValue(whole);
        }

        // decimal.TryParse rounds silently beyond 28 digits: the value is kept only if it reads back digit by digit.
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number))
        {
            return null;
        }

        return Digits(text) == Digits(number.ToString(CultureInfo.InvariantCulture)) ? new JValue(number) : null;
    }

    /// <summary>Sign, significant digits and power of ten: equal for equal values.</summary>
    private static (bool Negative, string Digits, int Exponent) Digits(string text)
    {
        bool negative = text[0] == '-';
        string body = negative ? text[1..] : text;
        int mark = body.IndexOfAny(['e', 'E']);
        int exponent = 0;
        if (mark >= 0)
        {
            _ = int.TryParse(
                body.AsSpan(mark + 1),
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out exponent
            );
            body = body[..mark];
        }

        int point = body.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0)
        {
            exponent -= body.Length - point - 1;
            body = body.Remove(point, 1);
        }

        string trimmed = body.TrimEnd('0');
        exponent += body.Length - trimmed.Length;
        trimmed = trimmed.TrimStart('0');
        return trimmed.Length == 0 ? (false, "", 0) : (negative, trimmed, exponent);
    }

    public static JToken FromJson(JsonNode? node) =>
        node is null ? JValue.CreateNull() : FromArguments(JsonSerializer.SerializeToElement(node));

    /// <summary>For results. Bytes have no form here and are left out.</summary>
    public static JsonNode? ToJson(JToken token) =>
        token switch
        {
            JObject map => new JsonObject(
                map.Properties()
                    .Where(property => property.Value.Type != JTokenType.Bytes)
                    .Select(property => new KeyValuePair<string, JsonNode?>(property.Name, ToJson(property.Value)))
            ),
            JArray list => new JsonArray([.. list.Select(ToJson)]),
            JValue { Value: null } => null,
            JValue { Value: bool boolean } => JsonValue.Create(boolean),
            JValue { Value: long number } => JsonValue.Create(number),
            JValue { Value: int number } => JsonValue.Create((long)number),
            JValue { Value: decimal number } => JsonValue.Create(number),
            JValue { Value: double number } => JsonValue.Create(number),
            JValue value => JsonValue.Create(TextOf(value)),
            _ => throw new InvalidOperationException($"A token of type {token.Type} has no JSON form."),
        };

    /// <summary>A scalar as it stands in a path, query, form or header; null for anything else.</summary>
    public static string? TextOf(JToken token) =>
        token switch
        {
            JValue { Value: string text } => text,
            JValue { Value: bool boolean } => boolean ? "true" : "false",
            JValue { Value: IFormattable number } => number.ToString(null, CultureInfo.InvariantCulture),
            _ => null,
        };

    /// <summary>As JMESPath sees it: null, false, and empty texts, lists and objects are false.</summary>
    public static bool IsTrue(JToken? token) =>
        token switch
        {
            null => false,
            JValue { Value: null } => false,
            JValue { Value: bool boolean } => boolean,
            JValue { Value: string text } => text.Length > 0,
            JContainer container => container.HasValues,
            _ => true,
        };

    public static byte[] ToUtf8(JToken token)
    {
        using PooledBuffer buffer = new(ShortText);
        WriteTo(buffer, token);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Keys in ordinal order at every level.</summary>
    /// <param name="leftOut">A property of the object itself.</param>
    public static byte[] ToCanonicalUtf8(JObject map, string leftOut)
    {
        using PooledBuffer buffer = new(ShortText);
        using (Utf8JsonWriter writer = new(buffer))
        {
            WriteSorted(writer, map.Properties().Where(property => property.Name != leftOut));
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <returns>In bytes of UTF-8 JSON.</returns>
    public static int LengthOf(JToken token)
    {
        using PooledBuffer buffer = new(ShortText);
        WriteTo(buffer, token);
        return buffer.WrittenCount;
    }

    private static void WriteTo(PooledBuffer buffer, JToken token)
    {
        using Utf8JsonWriter writer = new(buffer);
        Write(writer, token);
    }

    private static void WriteSorted(Utf8JsonWriter writer, IEnumerable<JProperty> properties)
    {
        writer.WriteStartObject();
        foreach (JProperty property in properties.OrderBy(property => property.Name, StringComparer.Ordinal))
        {
            writer.WritePropertyName(property.Name);
            WriteSorted(writer, property.Value);
        }

        writer.WriteEndObject();
    }

    private static void WriteSorted(Utf8JsonWriter writer, JToken token)
    {
        switch (token)
        {
            case JObject map:
                WriteSorted(writer, map.Properties());
                break;
            case JArray list:
                writer.WriteStartArray();
                foreach (JToken item in list)
                {
                    WriteSorted(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                Write(writer, token);
                break;
        }
    }

    private static void Write(Utf8JsonWriter writer, JToken token)
    {
        switch (token)
        {
            case JObject map:
                writer.WriteStartObject();
                foreach (JProperty property in map.Properties())
                {
                    writer.WritePropertyName(property.Name);
                    Write(writer, property.Value);
                }

                writer.WriteEndObject();
                break;
            case JArray list:
                writer.WriteStartArray();
                foreach (JToken item in list)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                if (ToJson(token) is { } scalar)
                {
                    scalar.WriteTo(writer);
                }
                else
                {
                    writer.WriteNullValue();
                }

                break;
        }
    }
}
