using System.Text.Json;

namespace Behalf.Authorization;

/// <summary>Dotted paths of a profile into a provider's JSON.</summary>
internal static class JsonPath
{
    private const int MaxLength = 512;

    /// <returns>Text or a number as text, 1–512 characters; null when there is none.</returns>
    public static string? Text(JsonElement root, string? path)
    {
        if (path is null)
        {
            return null;
        }

        foreach (string part in path.Split('.'))
        {
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(part, out root))
            {
                return null;
            }
        }

        string? text = root.ValueKind switch
        {
            JsonValueKind.String => root.GetString(),
            JsonValueKind.Number => root.GetRawText(),
            _ => null,
        };
        return text is { Length: > 0 and <= MaxLength } ? text : null;
    }
}
