using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Behalf.Server.Api.OpenApi;

/// <summary>Protobuf's own messages, which have a JSON form of their own.</summary>
internal static class WellKnownSchema
{
    /// <returns>Null for a message of ours.</returns>
    public static JsonObject? Of(MessageDescriptor message) =>
        message.FullName switch
        {
            "google.protobuf.Timestamp" => new JsonObject { ["type"] = "string", ["format"] = "date-time" },
            "google.protobuf.Duration" => new JsonObject
            {
                ["type"] = "string",
                ["pattern"] = @"^-?[0-9]+(\.[0-9]{1,9})?s$",
                ["examples"] = new JsonArray("900s"),
            },
            "google.protobuf.FieldMask" => new JsonObject { ["type"] = "string" },
            "google.protobuf.Struct" or "google.protobuf.Any" => new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = true,
            },
            "google.protobuf.Empty" => new JsonObject { ["type"] = "object" },
            "google.protobuf.ListValue" => new JsonObject { ["type"] = "array", ["items"] = new JsonObject() },
            "google.protobuf.Value" => new JsonObject(),
            _ when message.File.Name == WrappersReflection.Descriptor.Name => FieldSchema.Scalar(
                message.FindFieldByNumber(1).FieldType
            ),
            _ => null,
        };

    /// <summary>False for what cannot stand in a query string.</summary>
    public static bool FitsQuery(MessageDescriptor message) =>
        Of(message) is { } schema && schema["type"]?.GetValue<string>() is not (null or "object" or "array");
}
