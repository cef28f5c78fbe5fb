using Behalf.Grants;
using Behalf.Registration;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Behalf.Server.AuthorizationServer;

/// <summary>
/// Takes the code, or puts the next refresh token in the place of the present one: after the engine compared client,
/// redirect URI and PKCE, before it asks for tokens.
/// </summary>
internal sealed class GrantExchange(IGrants grants, IClientRegistry clients)
    : IOpenIddictServerHandler<ProcessSignInContext>
{
    public static OpenIddictServerHandlerDescriptor Descriptor { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<ProcessSignInContext>()
            .UseSingletonHandler<GrantExchange>()
            .SetOrder(OpenIddictServerHandlers.GenerateAccessToken.Descriptor.Order - 1)
            .SetType(OpenIddictServerHandlerType.Custom)
            .Build();

    public async ValueTask HandleAsync(ProcessSignInContext context)
    {
        if (context.EndpointType != OpenIddictServerEndpointType.Token)
        {
            return;
        }

        HttpContext http = Http.Of(context.Transaction);
        ProtocolContext protocol = ProtocolContext.Of(http);
        Grant grant = protocol.Grant ?? throw new InvalidOperationException("Tokens were asked for without a grant.");
        if (!context.Request.GetResources().All(one => AskingClient.IsSame(one, grant.Resource)))
        {
            context.Reject(Errors.InvalidTarget, $"This grant is for {grant.Resource}.");
            return;
        }

        bool isCode = context.Request.IsAuthorizationCodeGrantType();
        Result<GrantTokens> tokens = isCode
            ? await grants.RedeemAsync(grant, http.RequestAborted)
            : await grants.RotateAsync(grant, context.Request.RefreshToken!, http.RequestAborted);
        if (!tokens.Succeeded)
        {
            context.Reject(Errors.InvalidGrant, tokens.Problem.Message);
            return;
        }

        protocol.Tokens = tokens.Value;
        if (protocol.Client is { } client && (isCode || client.UsedAt is null))
        {
            await clients.UsedAsync(client, http.RequestAborted);
        }
    }
}

/// <summary>RFC 7009: whichever of its tokens is revoked, the grant ends as a whole.</summary>
internal sealed class GrantRevocation(IGrants grants) : IOpenIddictServerHandler<HandleRevocationRequestContext>
{
    public static OpenIddictServerHandlerDescriptor Descriptor { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<HandleRevocationRequestContext>()
            .UseSingletonHandler<GrantRevocation>()
            .SetOrder(int.MaxValue - 1)
            .SetType(OpenIddictServerHandlerType.Custom)
            .Build();

    public async ValueTask HandleAsync(HandleRevocationRequestContext context)
    {
        HttpContext http = Http.Of(context.Transaction);
        if (ProtocolContext.Of(http).Grant is { } grant)
        {
            await grants.RevokeAsync(grant, "revoked_by_client", http.RequestAborted);
        }
    }
}
