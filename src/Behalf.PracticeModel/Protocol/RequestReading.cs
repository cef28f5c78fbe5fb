using System.Text.Json;

namespace Behalf.PracticeModel.Protocol;

/// <summary>Stops the reading of a request at the first thing the API would refuse.</summary>
internal sealed class RequestRefusedException(ApiError error) : Exception(error.Message)
{
    public ApiError Error { get; } = error;

    public static RequestRefusedException Invalid(string message) => new(ApiError.InvalidRequest(message));
}

/// <summary>Typed reads from a JSON object that name the path in the API's words when they fail.</summary>
internal static class RequestReading
{
    public static JsonElement Required(this JsonElement parent, string name, string path) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : throw RequestRefusedException.Invalid($"{Join(path, name)}: Field required");

    public static JsonElement? Optional(this JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string RequiredString(this JsonElement parent, string name, string path)
    {
        var value = parent.Required(name, path);
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw RequestRefusedException.Invalid($"{Join(path, name)}: Input should be a valid string");
    }

    public static bool Flag(this JsonElement parent, string name, string path) =>
        parent.Optional(name) switch
        {
            null => false,
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            _ => throw RequestRefusedException.Invalid($"{Join(path, name)}: Input should be a valid boolean"),
        };

    public static void RequireKind(this JsonElement value, JsonValueKind kind, string path)
    {
        if (value.ValueKind != kind)
        {
            var noun = kind == JsonValueKind.Array ? "list" : "dictionary";
            throw RequestRefusedException.Invalid($"{path}: Input should be a valid {noun}");
        }
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
