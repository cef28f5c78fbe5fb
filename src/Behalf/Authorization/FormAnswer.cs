using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using Behalf.Egress;

namespace Behalf.Authorization;

/// <summary>A token answer in <c>application/x-www-form-urlencoded</c>, as the JSON object it could have been.</summary>
internal static class FormAnswer
{
    private const string MediaType = "application/x-www-form-urlencoded";

    public static bool IsForm(EgressOutcome.Answered answer) =>
        answer
            .Headers.FirstOrDefault(header => header.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            .Value?.Split(';')[0]
            .Trim()
            .Equals(MediaType, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>A name given twice stays twice: the strict reader refuses it.</summary>
    public static ReadOnlyMemory<byte> ToJson(byte[] body)
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { SkipValidation = true });
        writer.WriteStartObject();
        foreach (string pair in Encoding.UTF8.GetString(body).Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            writer.WriteString(
                WebUtility.UrlDecode(parts[0]),
                parts.Length > 1 ? WebUtility.UrlDecode(parts[1]) : string.Empty
            );
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
