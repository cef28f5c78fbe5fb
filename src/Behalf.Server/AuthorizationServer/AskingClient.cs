using System.Text;
using Behalf.Registration;
using Behalf.Server.Doors;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Behalf.Server.AuthorizationServer;

/// <summary>
/// Which client asks, and whether it may: its redirect URI exactly, the one resource there is, its secret where it has one.
/// A request that fails here goes to an error page or answer, never to a redirect URI.
/// </summary>
internal sealed class AskingClient(IClientRegistry clients, PublicUrls urls)
    : IOpenIddictServerHandler<ValidateAuthorizationRequestContext>,
        IOpenIddictServerHandler<ValidatePushedAuthorizationRequestContext>,
        IOpenIddictServerHandler<ValidateTokenRequestContext>,
        IOpenIddictServerHandler<ValidateRevocationRequestContext>
{
    public static OpenIddictServerHandlerDescriptor OfAuthorization { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<ValidateAuthorizationRequestContext>()
            .UseSingletonHandler<AskingClient>()
            .SetOrder(OpenIddictServerHandlers.Authentication.ValidateAuthentication.Descriptor.Order + 1)
            .SetType(OpenIddictServerHandlerType.Custom)
            .Build();

    public static OpenIddictServerHandlerDescriptor OfPushed { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<ValidatePushedAuthorizationRequestContext>()
            .UseSingletonHandler<AskingClient>()
            .SetOrder(int.MinValue + 1)
            .SetType(OpenIddictServerHandlerType.Custom)
            .Build();

    public static OpenIddictServerHandlerDescriptor OfToken { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<ValidateTokenRequestContext>()
            .UseSingletonHandler<AskingClient>()
            .SetOrder(OpenIddictServerHandlers.Exchange.ValidateAuthentication.Descriptor.Order - 1)
            .SetType(OpenIddictServerHandlerType.Custom)
            .Build();

    public static OpenIddictServerHandlerDescriptor OfRevocation { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<ValidateRevocationRequestContext>()
            .UseSingletonHandler<AskingClient>()
            .SetOrder(int.MinValue + 1)
            .SetType(OpenIddictServerHandlerType.Custom)
            .Build();

    public async ValueTask HandleAsync(ValidateAuthorizationRequestContext context)
    {
        if (await ResolveAsync(context.Transaction, context.Request) is { } problem)
        {
            Reject(context, problem);
        }
        else
        {
            context.SetRedirectUri(RedirectUriOf(context.Transaction, context.Request));
        }
    }

    /// <summary>RFC 9126 §2: authenticated as at the token endpoint.</summary>
    public async ValueTask HandleAsync(ValidatePushedAuthorizationRequestContext context)
    {
        Problem? problem =
            await ResolveAsync(context.Transaction, context.Request)
            ?? Authenticate(ProtocolContext.Of(Http.Of(context.Transaction)).Client, context.Request);
        if (problem is not null)
        {
            Reject(context, problem);
        }
        else
        {
            context.SetRedirectUri(RedirectUriOf(context.Transaction, context.Request));
        }
    }

    public async ValueTask HandleAsync(ValidateTokenRequestContext context)
    {
        if (await FindAsync(context.Transaction, context.Request) is { } problem)
        {
            Reject(context, problem);
        }
    }

    public async ValueTask HandleAsync(ValidateRevocationRequestContext context)
    {
        if (await FindAsync(context.Transaction, context.Request) is { } problem)
        {
            Reject(context, problem);
        }
    }

    /// <summary>As the request has it, also where it was pushed before; else the only one.</summary>
    private static string RedirectUriOf(OpenIddictServerTransaction transaction, OpenIddictRequest request) =>
        request.RedirectUri ?? ProtocolContext.Of(Http.Of(transaction)).Client!.RedirectUris[0];

    /// <summary>For a request that will ask a person.</summary>
    private async Task<Problem?> ResolveAsync(OpenIddictServerTransaction transaction, OpenIddictRequest request)
    {
        HttpContext http = Http.Of(transaction);
        ProtocolContext protocol = ProtocolContext.Of(http);
        Result<OAuthClient> found = await clients.ResolveAsync(
            protocol.Environment.Id,
            request.ClientId ?? string.Empty,
            RequestSource.Of(http),
            http.RequestAborted
        );
        if (!found.Succeeded)
        {
            return found.Problem;
        }

        OAuthClient client = found.Value;
        if (
            request.RedirectUri is { } wanted
                ? !RedirectUri.IsRegistered(client.RedirectUris, wanted)
                : client.RedirectUris.Count != 1
        )
        {
            return Problem.Invalid(
                Errors.InvalidRequest,
                "The redirect URI is not one of those that the client registered."
            );
        }

        protocol.Client = client;
        string resource = urls.PersonalServer(protocol.Environment);
        return request.GetResources().All(one => IsSame(one, resource))
            ? null
            : Problem.Invalid(Errors.InvalidTarget, $"The only resource here is {resource}.");
    }

    /// <summary>For a request of the client's own: as it was when the person was asked.</summary>
    private async Task<Problem?> FindAsync(OpenIddictServerTransaction transaction, OpenIddictRequest request)
    {
        HttpContext http = Http.Of(transaction);
        ProtocolContext protocol = ProtocolContext.Of(http);
        OAuthClient? client = await clients.FindAsync(
            protocol.Environment.Id,
            request.ClientId ?? string.Empty,
            http.RequestAborted
        );
        protocol.Client = client;
        return Authenticate(client, request);
    }

    /// <summary>A client that was removed has to hear <c>invalid_client</c>, to register anew.</summary>
    private static Problem? Authenticate(OAuthClient? client, OpenIddictRequest request) =>
        client is not null && Authenticates(client, request.ClientSecret)
            ? null
            : new Problem(
                ProblemKind.Unauthenticated,
                Errors.InvalidClient,
                "The client is not known here, or its secret is wrong."
            );

    private static bool Authenticates(OAuthClient client, string? secret) =>
        client.Secret is { } expected
            ? secret is { Length: > 0 and <= 200 } && Digest.Of(secret).FixedTimeEquals(expected)
            : string.IsNullOrEmpty(secret);

    /// <summary>RFC 8707 §2 with the one leniency of MCP: scheme and host in any case, and nothing else spelled otherwise.</summary>
    public static bool IsSame(string given, string resource)
    {
        int path = resource.IndexOf('/', resource.IndexOf("//", StringComparison.Ordinal) + 2);
        return given.Length == resource.Length
            && Ascii.EqualsIgnoreCase(given.AsSpan(0, path), resource.AsSpan(0, path))
            && given.AsSpan(path).SequenceEqual(resource.AsSpan(path));
    }

    private static void Reject(BaseValidatingContext context, Problem problem) =>
        context.Reject(
            problem.Kind switch
            {
                ProblemKind.Forbidden => Errors.AccessDenied,
                ProblemKind.RateLimited or ProblemKind.Unavailable => Errors.TemporarilyUnavailable,
                _ => problem.Code == "invalid_client_metadata" || problem.Code == "invalid_redirect_uri"
                    ? Errors.InvalidClient
                    : problem.Code,
            },
            problem.Message
        );
}
