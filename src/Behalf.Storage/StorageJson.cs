using System.Text.Json.Serialization;

namespace Behalf.Storage;

/// <summary>The documents that stand in JSON columns; they are never queried.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LimitsDocument))]
[JsonSerializable(typeof(LaneHeadDocument[]))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
internal sealed partial class StorageJson : JsonSerializerContext;

internal sealed record LimitsDocument(IEnumerable<string>? Connections, IEnumerable<string>? Tools);

internal sealed record LaneHeadDocument(string Lane, long Sequence, string Hash);
