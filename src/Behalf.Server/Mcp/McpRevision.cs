using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.Server.Mcp;

/// <summary>What a request's revision of the protocol has.</summary>
internal static class McpRevision
{
    private const string MultiRoundTrips = "2026-07-28";

    /// <summary>Input-required results. Revisions are dates, so they compare as text.</summary>
    public static bool HasInputRequests(RequestContext<CallToolRequestParams> call) =>
        string.CompareOrdinal(call.Server.NegotiatedProtocolVersion, MultiRoundTrips) >= 0;
}
