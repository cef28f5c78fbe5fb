using Behalf.Connections;
using Behalf.Grants;
using Behalf.People;
using Behalf.Server.AuthorizationServer.Pages;
using Behalf.Server.Connect;
using Behalf.Server.Doors;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Behalf.Server.AuthorizationServer;

/// <summary>What the signed-in person allowed: the clients that act for them, to be ended here, and their accounts' states.</summary>
internal sealed class AccessPage(
    IPeople people,
    IGrants grants,
    IConnections connections,
    AskedEnvironments environments,
    IAntiforgery antiforgery
)
{
    public const string Path = "/access";
    public const string EndPath = "/access/end";
    public const string Client = "client";

    public static void Map(WebApplication app)
    {
        AccessPage page = app.Services.GetRequiredService<AccessPage>();
        app.MapGet(Path, page.ShowAsync).WithDisplayName("what a person allowed");
        app.MapPost(EndPath, page.EndAsync).WithDisplayName("what a person allowed: end one");
    }

    [OpenToAll("The browser's session says whose it is; without one there is only the sign-in.")]
    private async Task ShowAsync(HttpContext http)
    {
        if (await FindUserAsync(http) is { } user)
        {
            await ShowAsync(http, user, ended: null);
        }
        else
        {
            AskToSignIn(http);
        }
    }

    [OpenToAll("The browser's session says whose it is, and the form's token that it was our page.")]
    private async Task EndAsync(HttpContext http)
    {
        if (await FindUserAsync(http) is not { } user)
        {
            AskToSignIn(http);
            return;
        }

        bool isOurs = await antiforgery.IsRequestValidAsync(http);
        IFormCollection form = await http.Request.ReadFormAsync(http.RequestAborted);
        bool ended =
            isOurs
            && EntityId.TryParse(form[Client], out OAuthClientId client)
            && await grants.EndClientAsync(user, client, http.RequestAborted);
        await ShowAsync(http, user, ended);
    }

    /// <summary>Who is signed in, in the environment that was asked; a browser knows its cookies by host only.</summary>
    private async Task<BrowserUser?> FindUserAsync(HttpContext http) =>
        await people.FindAsync(SessionCookie.Read(http), http.RequestAborted) is { } user
        && user.Environment == (await environments.OfAsync(http)).Id
            ? user
            : null;

    /// <param name="ended">Whether something was ended; null: nothing was asked for.</param>
    private async Task ShowAsync(HttpContext http, BrowserUser user, bool? ended)
    {
        AntiforgeryTokenSet tokens = antiforgery.GetAndStoreTokens(http);
        PageHeaders.Set(http.Response);
        await new RazorComponentResult<AccessView>(
            new Dictionary<string, object?>
            {
                [nameof(AccessView.User)] = user,
                [nameof(AccessView.Clients)] = await grants.ListClientsAsync(user, http.RequestAborted),
                [nameof(AccessView.Accounts)] = await connections.AccountsOfAsync(user, http.RequestAborted),
                [nameof(AccessView.FormToken)] = tokens.RequestToken,
                [nameof(AccessView.Ended)] = ended,
            }
        )
        {
            StatusCode = ended == false ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK,
        }.ExecuteAsync(http);
    }

    private static void AskToSignIn(HttpContext http)
    {
        PageHeaders.Set(http.Response);
        http.Response.StatusCode = StatusCodes.Status303SeeOther;
        http.Response.Headers.Location = ReturnPath.SignInPage(Path);
    }
}
