using Behalf.Mcp;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Wired = Behalf.Wire.Mcp;

namespace Behalf.Server.Api;

/// <summary>Reads what requests about virtual servers say; an id that cannot be one is an unknown one.</summary>
internal static class McpRequests
{
    private const string NoConfig = "-";
    private const string ConnectionHeader = "behalf-mcp-connection";
    private const string AccessHeader = "behalf-mcp-access-level";
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromHours(1);

    public static McpConfigId ConfigId(ServerCallContext context, string text) =>
        EntityId.TryParse(text, out McpConfigId id) ? id : throw context.Refuse(Problem.NotFound("MCP config"));

    public static McpInstanceId InstanceId(ServerCallContext context, string text) =>
        EntityId.TryParse(text, out McpInstanceId id) ? id : throw context.Refuse(Problem.NotFound("MCP instance"));

    public static Identifier User(ServerCallContext context, string field, string text) =>
        Identifier.TryParse(text, out Identifier identifier, out string? problem)
            ? identifier
            : throw context.Refuse(Problem.Invalid(field, "identifier", problem));

    public static IReadOnlyList<NewMcpMapping> Mappings(IEnumerable<Wired.McpConfigConnectionToolMapping> mappings) =>
        [.. mappings.Select(mapping => new NewMcpMapping(mapping.ConnectionName, [.. mapping.Tools]))];

    public static IReadOnlyList<NewMcpMapping> Mappings(IEnumerable<Wired.ToolMapping> mappings) =>
        [.. mappings.Select(mapping => new NewMcpMapping(mapping.ConnectionName, [.. mapping.ToolNames]))];

    public static TimeSpan Lifetime(ServerCallContext context, Duration? expiry) =>
        expiry is null ? DefaultLifetime
        // Bounds first: a duration may hold more than a TimeSpan does.
        : expiry.Seconds is >= 0 and <= 86_400 && expiry.Nanos is >= 0 and < 1_000_000_000 ? expiry.ToTimeSpan()
        : throw context.Refuse(Problem.Invalid("expiry", "range", "is from one minute to 24 hours"));

    /// <summary>
    /// The connection a token is asked for instead of a config: in metadata, and then the config's id is <c>-</c>. Later SDKs
    /// have a field for it whose number is not published.
    /// </summary>
    public static ConnectionName? TokenConnection(ServerCallContext context, string configId)
    {
        string? named = context.RequestHeaders.GetValue(ConnectionHeader);
        return (configId == NoConfig, named) switch
        {
            (false, null) => null,
            (true, { Length: > 0 }) => context.ReadConnection(ConnectionHeader, named),
            _ => throw context.Refuse(
                Problem.Invalid(
                    ConnectionHeader,
                    "with_config",
                    $"goes with the config id \"{NoConfig}\", and only with that"
                )
            ),
        };
    }

    /// <summary>
    /// Later SDKs ask for less than full access in a field whose number is not published. A field we do not know is
    /// refused here rather than ignored: it could be that one.
    /// </summary>
    public static McpAccess Access(ServerCallContext context, Wired.CreateMcpSessionTokenRequest request)
    {
        Wired.CreateMcpSessionTokenRequest known = Wired
            .CreateMcpSessionTokenRequest.Parser.WithDiscardUnknownFields(true)
            .ParseFrom(request.ToByteArray());
        if (known.CalculateSize() != request.CalculateSize())
        {
            throw context.Refuse(
                Problem.Invalid(
                    "unknown_field",
                    $"The request holds a field that this version does not know. Say the access level in the metadata {AccessHeader}."
                )
            );
        }

        return context.RequestHeaders.GetValue(AccessHeader) switch
        {
            null or "FULL" => McpAccess.Full,
            "READ_ONLY" => McpAccess.ReadOnly,
            _ => throw context.Refuse(Problem.Invalid(AccessHeader, "in", "is FULL or READ_ONLY")),
        };
    }

    /// <returns>The UUID at the end of one of this environment's server URLs; null when it is none.</returns>
    public static Guid? ServerOf(string url) =>
        url.LastIndexOf('/') is >= 0 and var slash && Guid.TryParseExact(url[(slash + 1)..], "D", out Guid server)
            ? server
            : null;
}
