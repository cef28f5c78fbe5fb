using Behalf.Identity;
using Behalf.Mcp;
using Behalf.Server.Doors;
using Grpc.Core;
using Config = Behalf.Mcp.McpConfig;

namespace Behalf.Server.Api.Services;

/// <summary>
/// <c>scalekit.v1.mcp.McpService</c>: configs, instances, who is connected, session tokens. The servers themselves are
/// another door.
/// </summary>
[Accepts(PrincipalKind.ServiceClient)]
internal sealed partial class McpService(IMcpServers servers, RequestSubjects subjects, PageTokens pages)
    : Wire.Mcp.McpService.McpServiceBase
{
    private const int MaxPageSize = 30;

    private static int SizeOf(uint asked) => asked == 0 ? MaxPageSize : (int)asked;

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private async Task<Config> FindConfigAsync(string id, ServerCallContext context) =>
        (
            await servers.FindConfigAsync(
                context.Principal(),
                McpRequests.ConfigId(context, id),
                context.CancellationToken
            )
        ).OrThrow(context);

    private async Task<IReadOnlyList<McpConnectionState>> StateAsync(
        Identifier user,
        Config config,
        bool withLinks,
        ServerCallContext context
    )
    {
        ActingSubject subject = await subjects.ResolveAsync(context, user.Value);
        return (await servers.StateAsync(subject, config, withLinks, context.CancellationToken)).OrThrow(context);
    }
}
