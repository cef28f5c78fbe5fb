using Behalf.Identity;
using Behalf.People;
using Behalf.Server.AuthorizationServer.Pages;
using Behalf.Server.Connect;
using Behalf.Server.Connect.Pages;
using Behalf.Server.Doors;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Behalf.Server.AuthorizationServer;

/// <summary>The pages on which people sign in and out: by password, or at the operator's identity provider.</summary>
internal sealed class SignInPages(
    IPeople people,
    IAntiforgery antiforgery,
    AskedEnvironments environments,
    ProviderCookie cookie
)
{
    public static void Map(WebApplication app)
    {
        SignInPages pages = app.Services.GetRequiredService<SignInPages>();
        app.MapGet("/sign-in", pages.ShowAsync).WithDisplayName("sign-in page");
        app.MapPost("/sign-in", pages.SignInAsync).WithDisplayName("sign-in: by password");
        app.MapPost("/sign-in/begin", pages.BeginAsync).WithDisplayName("sign-in: at the identity provider");
        app.MapGet("/sign-in/callback", pages.FinishAsync).WithDisplayName("sign-in: the provider's answer");
        app.MapPost("/sign-out", pages.SignOutAsync).WithDisplayName("sign-out");
    }

    [OpenToAll("Whoever signs in is not signed in yet.")]
    private Task ShowAsync(HttpContext http) =>
        ShowAsync(http, ReturnPath.Of(http.Request.Query[ReturnPath.Parameter]));

    [OpenToAll("The form carries name and password.")]
    private async Task SignInAsync(HttpContext http)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
        {
            await ShowAsync(http, Notices.FormExpired);
            return;
        }

        IFormCollection form = await http.Request.ReadFormAsync(http.RequestAborted);
        string returnPath = ReturnPath.Of(form[ReturnPath.Parameter]);
        DeploymentEnvironment environment = await environments.OfAsync(http);
        using Secret password = Secret.FromText(form["password"].ToString());
        Result<SignedIn> signedIn = await people.SignInAsync(
            environment.Id,
            form["name"].ToString(),
            password,
            form["code"].ToString() is { Length: > 0 } code ? code : null,
            RequestSource.Of(http),
            http.RequestAborted
        );
        if (!signedIn.Succeeded)
        {
            await ShowAsync(http, returnPath, signedIn.Problem);
            return;
        }

        SessionCookie.Set(http, signedIn.Value);
        await GoOnAsync(http, returnPath);
    }

    [OpenToAll("Whoever signs in is not signed in yet.")]
    private async Task BeginAsync(HttpContext http)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
        {
            await ShowAsync(http, Notices.FormExpired);
            return;
        }

        IFormCollection form = await http.Request.ReadFormAsync(http.RequestAborted);
        string returnPath = ReturnPath.Of(form[ReturnPath.Parameter]);
        DeploymentEnvironment environment = await environments.OfAsync(http);
        Result<ProviderSignIn> begun = await people.BeginAsync(environment.Id, http.RequestAborted);
        if (!begun.Succeeded)
        {
            await ShowAsync(http, returnPath, begun.Problem);
            return;
        }

        cookie.Set(http, begun.Value, returnPath);
        await GoOnAsync(http, begun.Value.AuthorizationRequest.AbsoluteUri);
    }

    [OpenToAll("The identity provider sends the browser here; the cookie says what it belongs to.")]
    private async Task FinishAsync(HttpContext http)
    {
        IQueryCollection query = http.Request.Query;
        // RFC 6749 §3.1: parameters must not be repeated.
        if (query.Any(parameter => parameter.Value.Count > 1) || cookie.Take(http) is not { } kept)
        {
            await ShowAsync(http, Notices.SignInNotBegun);
            return;
        }

        // A cookie that another environment's page set, carried here.
        if (kept.Begun.Environment != (await environments.OfAsync(http)).Id)
        {
            await ShowAsync(http, Notices.SignInNotBegun);
            return;
        }

        Result<SignedIn> signedIn = await people.FinishAsync(
            kept.Begun,
            new ProviderAnswer(query["code"], query["state"], query["iss"], query["error"]),
            http.RequestAborted
        );
        if (!signedIn.Succeeded)
        {
            await ShowAsync(http, Notices.Of(signedIn.Problem));
            return;
        }

        SessionCookie.Set(http, signedIn.Value);
        await GoOnAsync(http, ReturnPath.Of(kept.ReturnPath));
    }

    [OpenToAll("Ends what the cookie names; without one there is nothing to end.")]
    private async Task SignOutAsync(HttpContext http)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
        {
            await ShowAsync(http, Notices.FormExpired);
            return;
        }

        await people.SignOutAsync(SessionCookie.Read(http), http.RequestAborted);
        SessionCookie.Remove(http);
        await ShowAsync(http, Notices.SignedOut);
    }

    private async Task ShowAsync(HttpContext http, string returnPath, Problem? problem = null)
    {
        DeploymentEnvironment environment = await environments.OfAsync(http);
        IdentityProvider? provider = await people.FindProviderAsync(environment.Id, http.RequestAborted);
        BrowserUser? user = await people.FindAsync(SessionCookie.Read(http), http.RequestAborted);
        AntiforgeryTokenSet tokens = antiforgery.GetAndStoreTokens(http);
        PageHeaders.Set(http.Response);
        await new RazorComponentResult<SignInView>(
            new Dictionary<string, object?>
            {
                [nameof(SignInView.FormToken)] = tokens.RequestToken,
                [nameof(SignInView.ReturnPath)] = returnPath,
                [nameof(SignInView.ProviderHost)] = provider is null ? null : new Uri(provider.Issuer).Host,
                [nameof(SignInView.SignedInAs)] = user?.Environment == environment.Id ? user.Identifier.Value : null,
                [nameof(SignInView.Problem)] = problem?.Message,
            }
        )
        {
            StatusCode = problem?.Kind switch
            {
                null => StatusCodes.Status200OK,
                ProblemKind.RateLimited => StatusCodes.Status429TooManyRequests,
                ProblemKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
                _ => StatusCodes.Status401Unauthorized,
            },
        }.ExecuteAsync(http);
    }

    /// <summary>
    /// A page that leads on by itself. Browsers hold every redirect that follows a form against the form's own policy, and
    /// where the next pages lead is not known here.
    /// </summary>
    private static Task GoOnAsync(HttpContext http, string location)
    {
        PageHeaders.Set(http.Response);
        return new RazorComponentResult<GoOnView>(
            new Dictionary<string, object?> { [nameof(GoOnView.Location)] = location }
        ).ExecuteAsync(http);
    }

    private static Task ShowAsync(HttpContext http, Notice notice)
    {
        PageHeaders.Set(http.Response);
        return new RazorComponentResult<NoticeView>(
            new Dictionary<string, object?> { [nameof(NoticeView.Notice)] = notice }
        )
        {
            StatusCode = notice.Status,
        }.ExecuteAsync(http);
    }
}
