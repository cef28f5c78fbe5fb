using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Server.Api;

/// <summary>Points in time from requests.</summary>
internal static class WireTime
{
    // What a timestamp may hold (timestamp.proto), and DateTimeOffset too.
    private const long Earliest = -62_135_596_800;
    private const long Latest = 253_402_300_799;

    /// <summary>Null when the field is not set.</summary>
    /// <exception cref="RpcException">It is no point in time.</exception>
    public static DateTimeOffset? ReadTime(this ServerCallContext context, string field, Timestamp? time) =>
        time is null ? null
        : time.Seconds is >= Earliest and <= Latest && time.Nanos is >= 0 and < 1_000_000_000 ? time.ToDateTimeOffset()
        : throw context.Refuse(Problem.Invalid(field, "timestamp", "is not a point in time"));
}
