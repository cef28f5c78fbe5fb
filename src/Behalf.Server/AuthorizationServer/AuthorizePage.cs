using Behalf.Grants;
using Behalf.People;
using Behalf.Registration;
using Behalf.Server.AuthorizationServer.Pages;
using Behalf.Server.Connect;
using Behalf.Server.Connect.Pages;
using Behalf.Server.Doors;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Behalf.Server.AuthorizationServer;

/// <summary>
/// The authorization endpoint's face: the engine has checked the request; here the person signs in and decides. Nothing
/// leaves for the client before.
/// </summary>
internal sealed class AuthorizePage(
    IPeople people,
    IGrants grants,
    ConsentTickets tickets,
    IAntiforgery antiforgery,
    PublicUrls urls,
    TimeProvider time
)
{
    public const string Ticket = "consent_ticket";
    public const string Decision = "decision";
    public const string ReadOnly = "read_only";

    /// <value>After <c>prompt=login</c> a sign-in this fresh is the one that was asked for.</value>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    public static void Map(WebApplication app)
    {
        AuthorizePage page = app.Services.GetRequiredService<AuthorizePage>();
        app.MapMethods(ServerPaths.Authorize, [HttpMethods.Get, HttpMethods.Post], page.HandleAsync)
            .WithDisplayName("authorization endpoint");
    }

    [OpenToAll("The person signs in here; the client is identified by its redirect URI.")]
    private async Task HandleAsync(HttpContext http)
    {
        if (http.GetOpenIddictServerResponse() is { Error: { } error } failed)
        {
            await ShowErrorAsync(http, error, failed.ErrorDescription);
            return;
        }

        OpenIddictRequest request =
            http.GetOpenIddictServerRequest()
            ?? throw new InvalidOperationException("The protocol engine has not seen this request.");
        ProtocolContext protocol = ProtocolContext.Of(http);
        BrowserUser? user = await people.FindAsync(SessionCookie.Read(http), http.RequestAborted);
        if (
            user is null
            || user.Environment != protocol.Environment.Id
            || (request.HasPromptValue(PromptValues.Login) && user.SignedInAt + Fresh < time.GetUtcNow())
        )
        {
            await AskToSignInAsync(http, request);
            return;
        }

        OAuthClient client = protocol.Client!;
        ScopeSet scopes = ScopesOf(request);
        if (HttpMethods.IsPost(http.Request.Method))
        {
            await DecideAsync(http, request, user, client, scopes);
        }
        else if (await IsAgreedAsync(request, user, client, scopes, http.RequestAborted))
        {
            await AllowAsync(http, user, scopes);
        }
        else if (request.HasPromptValue(PromptValues.None))
        {
            await RefuseAsync(http, Errors.ConsentRequired, "The person has to be asked.");
        }
        else
        {
            await ShowConsentAsync(http, request, user, client, scopes);
        }
    }

    /// <summary>Any program on a computer can pass for one that gets its answer there: such a client is never let in unasked.</summary>
    private async Task<bool> IsAgreedAsync(
        OpenIddictRequest request,
        BrowserUser user,
        OAuthClient client,
        ScopeSet scopes,
        CancellationToken cancellationToken
    ) =>
        !request.HasPromptValue(PromptValues.Consent)
        && !RedirectUri.IsLocal(request.RedirectUri ?? client.RedirectUris[0])
        && client.Kind != OAuthClientKind.Dynamic
        && await grants.HasConsentAsync(user, client, scopes, cancellationToken);

    private async Task DecideAsync(
        HttpContext http,
        OpenIddictRequest request,
        BrowserUser user,
        OAuthClient client,
        ScopeSet scopes
    )
    {
        IFormCollection form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (!await antiforgery.IsRequestValidAsync(http) || !tickets.Holds(form[Ticket], user, client, request, scopes))
        {
            await ShowErrorAsync(
                http,
                "page_expired",
                "This page was open for too long, or the client changed what it says of itself. Nothing was allowed. Begin again in the client."
            );
            return;
        }

        if (form[Decision] != "allow")
        {
            await RefuseAsync(http, Errors.AccessDenied, "The person did not allow it.");
            return;
        }

        ScopeSet allowed = form[ReadOnly] == "on" ? scopes.Except(ScopeSet.Of([GrantScopes.Write])) : scopes;
        await grants.ConsentAsync(user, client, allowed, http.RequestAborted);
        await AllowAsync(http, user, allowed);
    }

    private async Task AllowAsync(HttpContext http, BrowserUser user, ScopeSet scopes)
    {
        ProtocolContext protocol = ProtocolContext.Of(http);
        protocol.Allowed = new Allowed(
            user,
            scopes,
            urls.PersonalServer(protocol.Environment),
            await PushedRequestAsync(http)
        );
        System.Security.Claims.ClaimsPrincipal principal = new(new System.Security.Claims.ClaimsIdentity("behalf"));
        principal.SetClaim(Claims.Subject, user.Identifier.Value);
        principal.SetScopes(scopes.Values);
        await http.SignInAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme, principal);
    }

    /// <summary>As the browser brought it: the engine has put the request that was pushed in its place.</summary>
    private static async Task<Digest?> PushedRequestAsync(HttpContext http)
    {
        string? uri = HttpMethods.IsPost(http.Request.Method)
            ? (await http.Request.ReadFormAsync(http.RequestAborted))[Parameters.RequestUri]
            : http.Request.Query[Parameters.RequestUri];
        return string.IsNullOrEmpty(uri) ? null : Digest.Of(uri);
    }

    private static Task RefuseAsync(HttpContext http, string error, string description) =>
        http.ForbidAsync(
            OpenIddictServerAspNetCoreDefaults.AuthenticationScheme,
            new AuthenticationProperties(
                new Dictionary<string, string?>
                {
                    [OpenIddictServerAspNetCoreConstants.Properties.Error] = error,
                    [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = description,
                }
            )
        );

    private async Task AskToSignInAsync(HttpContext http, OpenIddictRequest request)
    {
        if (request.HasPromptValue(PromptValues.None))
        {
            await RefuseUnseenAsync(http, request);
            return;
        }

        if (HttpMethods.IsPost(http.Request.Method))
        {
            await ShowErrorAsync(
                http,
                "page_expired",
                "You are no longer signed in. Nothing was allowed. Begin again in the client."
            );
            return;
        }

        PageHeaders.Set(http.Response);
        http.Response.StatusCode = StatusCodes.Status303SeeOther;
        http.Response.Headers.Location = ReturnPath.SignInPage(http.Request.Path + http.Request.QueryString.Value);
    }

    /// <summary>As <see cref="RequestErrors"/> has it: nobody is led away unasked for a client that nobody vouches for.</summary>
    private async Task RefuseUnseenAsync(HttpContext http, OpenIddictRequest request)
    {
        const string Description = "The person has to sign in.";
        ProtocolContext protocol = ProtocolContext.Of(http);
        OAuthClient client = protocol.Client!;
        if (client.Kind == OAuthClientKind.Static)
        {
            await RefuseAsync(http, Errors.LoginRequired, Description);
            return;
        }

        protocol.ErrorAnswer = ErrorAnswer.Of(
            request.RedirectUri ?? client.RedirectUris[0],
            Errors.LoginRequired,
            Description,
            request.State,
            urls.AuthorizationServer(protocol.Environment)
        );
        await ShowErrorAsync(http, Errors.LoginRequired, Description);
    }

    private async Task ShowConsentAsync(
        HttpContext http,
        OpenIddictRequest request,
        BrowserUser user,
        OAuthClient client,
        ScopeSet scopes
    )
    {
        AntiforgeryTokenSet tokens = antiforgery.GetAndStoreTokens(http);
        string redirectUri = request.RedirectUri ?? client.RedirectUris[0];
        PageHeaders.Set(http.Response, PageHeaders.TargetOf(redirectUri));
        await new RazorComponentResult<ConsentView>(
            new Dictionary<string, object?>
            {
                [nameof(ConsentView.Client)] = client,
                [nameof(ConsentView.RedirectHost)] = RedirectUri.HostOf(redirectUri),
                [nameof(ConsentView.IsLocal)] = RedirectUri.IsLocal(redirectUri),
                [nameof(ConsentView.User)] = user,
                [nameof(ConsentView.Scopes)] = scopes,
                [nameof(ConsentView.FormToken)] = tokens.RequestToken,
                [nameof(ConsentView.Ticket)] = tickets.Make(user, client, request, scopes),
                // As they were sent: the engine judges the same request again when the button is pressed.
                [nameof(ConsentView.Parameters)] = http
                    .Request.Query.SelectMany(parameter =>
                        parameter.Value.Select(value => KeyValuePair.Create(parameter.Key, value ?? string.Empty))
                    )
                    .ToList(),
            }
        ).ExecuteAsync(http);
    }

    /// <summary>Those there are; without any, or with none of them, what tools need.</summary>
    private static ScopeSet ScopesOf(OpenIddictRequest request)
    {
        ScopeSet known = ScopeSet.Of(request.GetScopes().Where(GrantScopes.All.Contains));
        bool hasTools = known.Contains(GrantScopes.Read) || known.Contains(GrantScopes.Write);
        return hasTools ? known : known.Union(ScopeSet.Of([GrantScopes.Read, GrantScopes.Write]));
    }

    private static Task ShowErrorAsync(HttpContext http, string error, string? description)
    {
        PageHeaders.Set(http.Response);
        Notice notice = Notices.OfClient(error, description);
        return new RazorComponentResult<NoticeView>(
            new Dictionary<string, object?>
            {
                [nameof(NoticeView.Notice)] = ProtocolContext.Of(http).ErrorAnswer is { } answer
                    ? notice with
                    {
                        Link = new NoticeLink($"Tell the client, at {answer.Host}", answer.Location),
                    }
                    : notice,
            }
        )
        {
            StatusCode = StatusCodes.Status400BadRequest,
        }.ExecuteAsync(http);
    }
}
