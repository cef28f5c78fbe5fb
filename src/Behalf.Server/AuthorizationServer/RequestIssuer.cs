using Microsoft.AspNetCore;
using OpenIddict.Server;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Behalf.Server.AuthorizationServer;

/// <summary>Sets issuer and address of a request from the environment's public URL, after the engine took them from the Host.</summary>
internal sealed class RequestIssuer(PublicUrls urls) : IOpenIddictServerHandler<ProcessRequestContext>
{
    public static OpenIddictServerHandlerDescriptor Descriptor { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<ProcessRequestContext>()
            .UseSingletonHandler<RequestIssuer>()
            .SetOrder(OpenIddictServerAspNetCoreHandlers.ResolveRequestUri.Descriptor.Order + 1)
            .SetType(OpenIddictServerHandlerType.Custom)
            .Build();

    public ValueTask HandleAsync(ProcessRequestContext context)
    {
        HttpContext http = Http.Of(context.Transaction);
        string origin = urls.Origin(ProtocolContext.Of(http).Environment);
        context.BaseUri = new Uri(origin + ServerPaths.Root);
        context.RequestUri = new Uri(origin + http.Request.Path + http.Request.QueryString);
        return ValueTask.CompletedTask;
    }
}

internal static class Http
{
    public static HttpContext Of(OpenIddictServerTransaction transaction) =>
        transaction.GetHttpRequest()?.HttpContext
        ?? throw new InvalidOperationException("The protocol engine works on HTTP requests only.");
}
