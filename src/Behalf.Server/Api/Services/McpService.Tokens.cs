using Behalf.Identity;
using Behalf.Mcp;
using Behalf.Wire.Mcp;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Server.Api.Services;

/// <content>Session tokens, each for one user at one URL.</content>
internal sealed partial class McpService
{
    /// <summary>The id is of a config, of an instance or of a server of one user; the latter two are for their user only.</summary>
    public override async Task<CreateMcpSessionTokenResponse> CreateMcpSessionToken(
        CreateMcpSessionTokenRequest request,
        ServerCallContext context
    )
    {
        McpAccess access = McpRequests.Access(context, request);
        TimeSpan lifetime = McpRequests.Lifetime(context, request.Expiry);
        ConnectionName? connection = McpRequests.TokenConnection(context, request.McpConfigId);
        ActingSubject subject = await subjects.ResolveAsync(context, request.Identifier);
        CancellationToken cancellation = context.CancellationToken;
        IssuedToken issued = (
            connection is { } name ? await servers.CreateTokenAsync(subject, name, access, lifetime, cancellation)
            : EntityId.TryParse(request.McpConfigId, out McpInstanceId instance)
                ? await servers.CreateTokenAsync(subject, instance, access, lifetime, cancellation)
            : await servers.CreateTokenAsync(
                subject,
                McpRequests.ConfigId(context, request.McpConfigId),
                access,
                lifetime,
                cancellation
            )
        ).OrThrow(context);
        context.GetHttpContext().Response.Headers.CacheControl = "no-store";
        using Secret token = issued.AccessToken;
        return new CreateMcpSessionTokenResponse
        {
            Token = token.RevealText(),
            ExpiresAt = issued.ExpiresAt.ToTimestamp(),
        };
    }
}
