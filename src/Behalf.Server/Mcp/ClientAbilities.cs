using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.Server.Mcp;

/// <summary>In which form a client can ask its person something while a call waits or is tried again.</summary>
internal static class ClientAbilities
{
    private const string MultiRoundTrips = "2026-07-28";

    /// <summary>Whether the request is of a revision with input-required results. Revisions are dates: they compare as text.</summary>
    public static bool HasInputRequests(RequestContext<CallToolRequestParams> call) =>
        string.CompareOrdinal(call.Server.NegotiatedProtocolVersion, MultiRoundTrips) >= 0;

    /// <summary>
    /// A form: by an input-required result, or by a request of ours in the same answer, which takes a session that this node
    /// keeps.
    /// </summary>
    public static bool FillsForms(RequestContext<CallToolRequestParams> call) =>
        call.Server.ClientCapabilities?.Elicitation is { } elicitation
        && (elicitation.Form is not null || elicitation.Url is null)
        && (HasInputRequests(call) || call.Server.SessionId is not null);

    /// <summary>A page: by an input-required result, or by error -32042 of the revision before.</summary>
    public static bool OpensUrls(RequestContext<CallToolRequestParams> call) =>
        call.Server.ClientCapabilities?.Elicitation?.Url is not null;
}
