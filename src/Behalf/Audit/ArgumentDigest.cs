using System.Buffers;
using System.Text;
using System.Text.Json;
using Behalf.Vault;

namespace Behalf.Audit;

/// <summary>
/// Tells equal arguments from different ones without revealing any: a MAC under the ring's key over canonical JSON
/// (properties sorted by name, ordinal; strings in one spelling; numbers exactly as written; no white space).
/// </summary>
public static class ArgumentDigest
{
    /// <returns>64 lower-case hexadecimal characters.</returns>
    public static string Of(IVault vault, JsonElement arguments)
    {
        ArgumentNullException.ThrowIfNull(vault);
        return Convert.ToHexStringLower(vault.Mac("argument", Canonical(arguments)));
    }

    private static byte[] Canonical(JsonElement arguments)
    {
        ArrayBufferWriter<byte> canonical = new(256);
        using Utf8JsonWriter writer = new(canonical);
        try
        {
            Write(writer, arguments);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair has no canonical spelling; such text is equal to itself only.
            return Encoding.UTF8.GetBytes("as written:" + arguments.GetRawText());
        }

        writer.Flush();
        return canonical.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (JsonProperty property in value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(property.Name);
                    Write(writer, property.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(value.GetRawText(), skipInputValidation: true);
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
