using Behalf.Client.AspNetCore.Pages;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Behalf.Client.AspNetCore;

/// <summary>Connecting an account, for applications with a login of their own.</summary>
public static class BehalfConnectEndpoints
{
    private const string VerifyName = "Behalf.Connect.Verify";
    private const string AskName = "Behalf.Connect.Ask";

    /// <summary>
    /// Maps the application's side of the connect walk. <c>GET /behalf/connect/{connection}?returnUrl=/settings</c> asks
    /// the signed-in person, its button sends them to their authorization link, and <c>GET /behalf/connected</c> is where
    /// they come back and are verified. An own page may post to the first path itself, with an antiforgery token.
    /// </summary>
    /// <remarks>
    /// Both need a signed-in user, by the application's default policy. An attempt is bound to the browser and the user it
    /// was begun by and is good once; whoever else comes back with it gets an error page, and the attempt is over.
    /// </remarks>
    /// <exception cref="InvalidOperationException"><c>AddBehalf()</c> or <c>AddBehalfConnect()</c> is missing.</exception>
    public static IEndpointConventionBuilder MapBehalfConnect(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var registered = endpoints.ServiceProvider.GetRequiredService<IServiceProviderIsService>();
        if (!registered.IsService(typeof(BehalfClient)) || !registered.IsService(typeof(ConnectFlow)))
        {
            throw new InvalidOperationException("Add services.AddBehalf() and services.AddBehalfConnect() first.");
        }
        var group = endpoints.MapGroup("/behalf").RequireAuthorization();
        group.MapGet("/connect/{connection}", Ask).WithName(AskName);
        // The token is checked by the handler, which has a page for it.
        group.MapPost("/connect/{connection}", BeginAsync).DisableAntiforgery();
        group.MapGet("/connected", EndAsync).WithName(VerifyName);
        return group;
    }

    /// <summary>
    /// The page that asks the signed-in person to connect, such as for an agent that found an account not connected.
    /// </summary>
    /// <param name="returnUrl">Where to go afterwards; a path of this application.</param>
    public static Uri GetBehalfConnectUrl(this HttpContext http, string connection, string? returnUrl = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        var flow = http.RequestServices.GetRequiredService<ConnectFlow>();
        return new Uri(flow.OriginOf(http.Request), PathOf(http, AskName, new { connection, returnUrl }));
    }

    private static IResult Ask(HttpContext http, BehalfClient behalf, IAntiforgery antiforgery, string connection)
    {
        if (SignedIn(http, behalf) is not { } identifier)
        {
            return Results.Challenge();
        }
        var tokens = antiforgery.GetAndStoreTokens(http);
        PageHeaders.Set(http);
        return ConnectPage.Ask(
            connection,
            identifier,
            PathOf(http, AskName, new { connection }),
            http.Request.Query["returnUrl"],
            tokens
        );
    }

    private static async Task<IResult> BeginAsync(
        HttpContext http,
        BehalfClient behalf,
        ConnectFlow flow,
        IAntiforgery antiforgery,
        IOptions<BehalfConnectOptions> options,
        string connection
    )
    {
        if (SignedIn(http, behalf) is not { } identifier)
        {
            return Results.Challenge();
        }
        PageHeaders.Set(http);
        if (!await antiforgery.IsRequestValidAsync(http).ConfigureAwait(false))
        {
            return ConnectPage.Stopped(ConnectOutcome.FormExpired, HomeOf(http, options.Value));
        }
        var form = await http.Request.ReadFormAsync(http.RequestAborted).ConfigureAwait(false);
        try
        {
            var link = await flow.BeginAsync(http, identifier, connection, PathOf(http, VerifyName), form["returnUrl"])
                .ConfigureAwait(false);
            return SeeOther(http, link.AbsoluteUri);
        }
        catch (BehalfException exception)
        {
            return ConnectPage.Stopped(ConnectOutcome.NoLink(exception), HomeOf(http, options.Value));
        }
    }

    private static async Task<IResult> EndAsync(
        HttpContext http,
        BehalfClient behalf,
        ConnectFlow flow,
        IOptions<BehalfConnectOptions> options
    )
    {
        if (SignedIn(http, behalf) is not { } identifier)
        {
            return Results.Challenge();
        }
        PageHeaders.Set(http);
        return await flow.EndAsync(http, identifier).ConfigureAwait(false) switch
        {
            ConnectOutcome.Connected connected => SeeOther(http, connected.ReturnPath),
            ConnectOutcome.Stopped stopped => ConnectPage.Stopped(stopped, HomeOf(http, options.Value)),
            var outcome => throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}."),
        };
    }

    /// <summary>Null when nobody is: an application's policy may let anonymous people this far.</summary>
    private static string? SignedIn(HttpContext http, BehalfClient behalf) =>
        http.User.Identity?.IsAuthenticated == true ? behalf.IdentifierOf(http.User) : null;

    private static string PathOf(HttpContext http, string name, object? values = null) =>
        http.RequestServices.GetRequiredService<LinkGenerator>().GetPathByName(http, name, values)
        ?? throw new InvalidOperationException("MapBehalfConnect() was not called.");

    private static string HomeOf(HttpContext http, BehalfConnectOptions options) =>
        http.Request.PathBase + options.AfterConnect;

    /// <summary>303: the browser goes on with GET, whatever it came with.</summary>
    private static IResult SeeOther(HttpContext http, string location)
    {
        http.Response.Headers.Location = location;
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }
}
