using Google.Protobuf.WellKnownTypes;

namespace Behalf.Client.Internal;

internal static class Instant
{
    /// <summary>Null for an absent instant, which some servers write as the epoch.</summary>
    public static DateTimeOffset? Read(Timestamp? timestamp) =>
        timestamp is null or { Seconds: 0, Nanos: 0 } ? null : timestamp.ToDateTimeOffset();
}
