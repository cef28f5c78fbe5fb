using System.Buffers;
using System.Text.Json;

namespace Behalf.Server.Api.Json;

/// <summary>
/// Rewrites the transcoder's answers, whose names are in camel case, to the names of the contract (snake case). Names
/// inside free-form values stay as they are, and so do the bytes of those values.
/// </summary>
internal static class WireNames
{
    public static void Rewrite(ReadOnlySpan<byte> json, JsonShape shape, IBufferWriter<byte> target)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = 256 });
        using Utf8JsonWriter writer = new(target);
        reader.Read();
        Write(ref reader, json, writer, shape);
    }

    private static void Write(
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> json,
        Utf8JsonWriter writer,
        JsonShape shape
    )
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject
            or JsonTokenType.StartArray when shape == JsonShape.Any && Plain(reader, json) is { IsEmpty: false } value:
                reader.Skip();
                writer.WriteRawValue(value, skipInputValidation: true);
                break;
            case JsonTokenType.StartObject:
                writer.WriteStartObject();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    string key = reader.GetString()!;
                    (string name, JsonShape inner) = shape.Find(key) ?? (key, JsonShape.Any);
                    writer.WritePropertyName(name);
                    reader.Read();
                    Write(ref reader, json, writer, inner);
                }

                writer.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    Write(ref reader, json, writer, shape.Items);
                }

                writer.WriteEndArray();
                break;
            case JsonTokenType.String:
                WriteString(ref reader, writer);
                break;
            case JsonTokenType.Number:
                writer.WriteRawValue(reader.ValueSpan);
                break;
            case JsonTokenType.True or JsonTokenType.False:
                writer.WriteBooleanValue(reader.GetBoolean());
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    /// <summary>What a browser could take for markup is escaped, as everywhere.</summary>
    /// <returns>The value as it stands there; empty: something of it has to be escaped.</returns>
    private static ReadOnlySpan<byte> Plain(Utf8JsonReader at, ReadOnlySpan<byte> json)
    {
        int start = (int)at.TokenStartIndex;
        at.Skip();
        ReadOnlySpan<byte> value = json[start..(int)at.BytesConsumed];
        return value.ContainsAny("<>&'"u8) ? [] : value;
    }

    private static void WriteString(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        if (reader.ValueIsEscaped)
        {
            writer.WriteStringValue(reader.GetString());
        }
        else
        {
            writer.WriteStringValue(reader.ValueSpan);
        }
    }
}
