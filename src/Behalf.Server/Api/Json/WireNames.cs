using System.Buffers;
using System.Text.Json;

namespace Behalf.Server.Api.Json;

/// <summary>
/// Rewrites the transcoder's answers, whose names are in camel case, to the names of the contract (snake case). Names
/// inside free-form values stay as they are.
/// </summary>
internal static class WireNames
{
    public static void Rewrite(ReadOnlySpan<byte> json, JsonShape shape, IBufferWriter<byte> target)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = 256 });
        using Utf8JsonWriter writer = new(target);
        reader.Read();
        Write(ref reader, writer, shape);
    }

    private static void Write(ref Utf8JsonReader reader, Utf8JsonWriter writer, JsonShape shape)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                writer.WriteStartObject();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    string key = reader.GetString()!;
                    (string name, JsonShape inner) = shape.Find(key) ?? (key, JsonShape.Any);
                    writer.WritePropertyName(name);
                    reader.Read();
                    Write(ref reader, writer, inner);
                }

                writer.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    Write(ref reader, writer, shape.Items);
                }

                writer.WriteEndArray();
                break;
            case JsonTokenType.String:
                writer.WriteStringValue(reader.GetString());
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
}
