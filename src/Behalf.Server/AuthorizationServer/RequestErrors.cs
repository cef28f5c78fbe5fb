using Behalf.People;
using Behalf.Registration;
using Microsoft.AspNetCore.WebUtilities;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Behalf.Server.AuthorizationServer;

/// <summary>
/// Where the error of a wrong authorization request goes. To a page, while client or redirect URI are not known to be right
/// (RFC 6749 §4.1.2.1); to the client, with the issuer, once they are. A client that nobody vouches for gets it by itself
/// only from a browser in which somebody is signed in, or we would lead anybody anywhere (RFC 9700 §4.11.2): else the page
/// says where the answer would go.
/// </summary>
internal sealed class RequestErrors(IClientRegistry clients, IPeople people)
    : IOpenIddictServerHandler<ApplyAuthorizationResponseContext>
{
    public static OpenIddictServerHandlerDescriptor Descriptor { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<ApplyAuthorizationResponseContext>()
            .UseSingletonHandler<RequestErrors>()
            .SetOrder(OpenIddictServerHandlers.Authentication.InferResponseMode.Descriptor.Order + 1)
            .SetType(OpenIddictServerHandlerType.Custom)
            .Build();

    /// <summary>RFC 9101 §7: what a pushed request that is not known is to a client; inside it is a token like others.</summary>
    private const string InvalidRequestUri = "invalid_request_uri";

    public async ValueTask HandleAsync(ApplyAuthorizationResponseContext context)
    {
        if (context.Response.Error == Errors.InvalidToken)
        {
            context.Response.Error = InvalidRequestUri;
        }

        if (
            string.IsNullOrEmpty(context.Response.Error)
            || !string.IsNullOrEmpty(context.RedirectUri)
            || context.Request is not { ClientId: { Length: > 0 } clientId } request
        )
        {
            return;
        }

        HttpContext http = Http.Of(context.Transaction);
        ProtocolContext protocol = ProtocolContext.Of(http);
        // As it was when somebody was asked for it last: a wrong request makes us fetch nothing.
        OAuthClient? client =
            protocol.Client ?? await clients.FindAsync(protocol.Environment.Id, clientId, http.RequestAborted);
        if (
            client is null
            || !clients.IsTrusted(client.ClientId)
            || RedirectUriOf(client, request) is not { } redirectUri
        )
        {
            return;
        }

        if (client.Kind == OAuthClientKind.Static || await IsSignedInAsync(http, protocol))
        {
            context.RedirectUri = redirectUri;
            context.ResponseMode = ResponseModes.Query;
            return;
        }

        protocol.ErrorAnswer = ErrorAnswer.Of(
            redirectUri,
            context.Response.Error,
            context.Response.ErrorDescription,
            request.State,
            context.BaseUri?.AbsoluteUri
        );
    }

    private static string? RedirectUriOf(OAuthClient client, OpenIddictRequest request) =>
        request.RedirectUri is { Length: > 0 } wanted
            ? RedirectUri.IsRegistered(client.RedirectUris, wanted)
                ? wanted
                : null
            : client.RedirectUris is [var only]
                ? only
                : null;

    private async Task<bool> IsSignedInAsync(HttpContext http, ProtocolContext protocol) =>
        await people.FindAsync(SessionCookie.Read(http), http.RequestAborted) is { } user
        && user.Environment == protocol.Environment.Id;
}

/// <summary>An error answer that is shown instead of being followed.</summary>
internal sealed record ErrorAnswer(string Host, string Location)
{
    public static ErrorAnswer Of(string redirectUri, string error, string? description, string? state, string? issuer)
    {
        Dictionary<string, string?> parameters = new(StringComparer.Ordinal)
        {
            [Parameters.Error] = error,
            [Parameters.ErrorDescription] = description,
            [Parameters.State] = state,
            [Parameters.Iss] = issuer,
        };
        return new ErrorAnswer(
            RedirectUri.HostOf(redirectUri),
            QueryHelpers.AddQueryString(
                redirectUri,
                parameters.Where(parameter => !string.IsNullOrEmpty(parameter.Value))
            )
        );
    }
}
