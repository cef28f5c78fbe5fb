using Behalf.Authorization;
using Behalf.People;
using Behalf.Server.AuthorizationServer;
using Behalf.Server.Connect.Pages;
using Behalf.Server.Doors;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Behalf.Server.Connect;

/// <summary>
/// What the person's browser does: look at the link (which changes nothing), press a button, come back from the provider.
/// </summary>
internal sealed class ConnectPages(IAuthorization authorization, IPeople people, IAntiforgery antiforgery)
{
    public const string FormToken = "form_token";

    /// <value>Before the names of what is typed in, so that no connector's field is ever one of ours.</value>
    public const string CredentialPrefix = "credential.";

    [OpenToAll("The link itself is the permission to see what it is about.")]
    public Task ShowAsync(HttpContext http) => ShowAsync(http, []);

    /// <param name="faults">Of what was typed in; the values themselves are not shown again.</param>
    private async Task ShowAsync(HttpContext http, IReadOnlyList<FieldViolation> faults)
    {
        string token = LinkOf(http);
        Result<LinkPage> page = await authorization.ShowAsync(token, await VisitorAsync(http), http.RequestAborted);
        if (!page.Succeeded)
        {
            await RefuseAsync(http, page.Problem);
            return;
        }

        AntiforgeryTokenSet tokens = antiforgery.GetAndStoreTokens(http);
        PageHeaders.Set(
            http.Response,
            new[]
            {
                PageHeaders.SourceOf(page.Value.ProviderHost),
                PageHeaders.SourceOf(page.Value.ApplicationHost),
            }.OfType<string>()
        );
        await new RazorComponentResult<LinkPageView>(
            new Dictionary<string, object?>
            {
                [nameof(LinkPageView.Page)] = page.Value,
                [nameof(LinkPageView.Action)] = $"/magicLink/{token}",
                [nameof(LinkPageView.FormToken)] = tokens.RequestToken,
                [nameof(LinkPageView.Faults)] = faults,
            }
        )
        {
            StatusCode = faults.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest,
        }.ExecuteAsync(http);
    }

    [OpenToAll("The link itself is the permission to start its flow.")]
    public async Task StartAsync(HttpContext http)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
        {
            await ShowAsync(http, Notices.FormExpired);
            return;
        }

        Result<StartedFlow> started = await authorization.StartAsync(
            LinkOf(http),
            await VisitorAsync(http),
            http.RequestAborted
        );
        if (!started.Succeeded)
        {
            await RefuseAsync(http, started.Problem);
            return;
        }

        Uri provider = started.Value.AuthorizationRequest;
        string state = QueryHelpers.ParseQuery(provider.Query)["state"].ToString();
        BrowserCookie.Set(http, started.Value, state);
        Redirect(http, provider);
    }

    [OpenToAll("The link itself is the permission to bring its credential.")]
    public async Task SubmitAsync(HttpContext http)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
        {
            await ShowAsync(http, Notices.FormExpired);
            return;
        }

        IFormCollection form = await http.Request.ReadFormAsync(http.RequestAborted);
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        foreach ((string name, StringValues value) in form)
        {
            if (name.StartsWith(CredentialPrefix, StringComparison.Ordinal) && value.Count == 1)
            {
                values[name[CredentialPrefix.Length..]] = value.ToString();
            }
        }

        Result<CallbackResult> result = await authorization.SubmitAsync(
            LinkOf(http),
            await VisitorAsync(http),
            values,
            http.RequestAborted
        );
        if (result.Succeeded)
        {
            await AnswerAsync(http, result.Value);
        }
        else if (result.Problem.Violations.Count > 0)
        {
            await ShowAsync(http, result.Problem.Violations);
        }
        else
        {
            await RefuseAsync(http, result.Problem);
        }
    }

    [OpenToAll("The link itself is the permission to throw it away.")]
    public async Task CancelAsync(HttpContext http)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
        {
            await ShowAsync(http, Notices.FormExpired);
            return;
        }

        Result<Done> cancelled = await authorization.CancelAsync(
            LinkOf(http),
            await VisitorAsync(http),
            http.RequestAborted
        );
        await (cancelled.Succeeded ? ShowAsync(http, Notices.Cancelled) : RefuseAsync(http, cancelled.Problem));
    }

    [OpenToAll("The provider sends the browser here; state and cookie say which flow it belongs to.")]
    public async Task CallbackAsync(HttpContext http)
    {
        IQueryCollection query = http.Request.Query;
        // RFC 6749 §3.1: parameters must not be repeated.
        if (query.Any(parameter => parameter.Value.Count > 1))
        {
            await ShowAsync(http, Notices.Repeated);
            return;
        }

        if (!EntityId.TryParse(http.Request.RouteValues["connection"] as string, out ConnectionId connection))
        {
            await ShowAsync(http, Notices.Of(Problem.NotFound("connection")));
            return;
        }

        string? state = ValueOf(query, "state");
        Result<CallbackResult> result = await authorization.CallbackAsync(
            connection,
            new CallbackQuery(
                ValueOf(query, "code"),
                state,
                ValueOf(query, "iss"),
                ValueOf(query, "error"),
                ValueOf(query, "error_description")
            ),
            BrowserCookie.Read(http, state),
            await VisitorAsync(http),
            http.RequestAborted
        );
        if (!result.Succeeded)
        {
            await ShowAsync(http, Notices.Of(result.Problem));
            return;
        }

        BrowserCookie.Remove(http, state);
        await AnswerAsync(http, result.Value);
    }

    [OpenToAll("Says the same to everyone.")]
    public static Task Connected(HttpContext http) => ShowAsync(http, Notices.Connected);

    private static Task AnswerAsync(HttpContext http, CallbackResult result)
    {
        switch (result)
        {
            case CallbackResult.ToApplication(var location):
                Redirect(http, location);
                return Task.CompletedTask;
            case CallbackResult.ShowCode shown:
                return ShowAsync(http, Notices.Code(shown));
            case CallbackResult.ProviderRefused refused:
                return ShowAsync(http, Notices.Refused(refused));
            case CallbackResult.Connected:
                return ShowAsync(http, Notices.Connected);
            default:
                throw new InvalidOperationException($"Unknown result {result.GetType().Name}.");
        }
    }

    private Task<BrowserUser?> VisitorAsync(HttpContext http) =>
        people.FindAsync(SessionCookie.Read(http), http.RequestAborted);

    private static Task RefuseAsync(HttpContext http, Problem problem)
    {
        string signIn = ReturnPath.SignInPage($"/magicLink/{LinkOf(http)}");
        switch (problem.Code)
        {
            case "sign_in_needed":
                PageHeaders.Set(http.Response);
                http.Response.StatusCode = StatusCodes.Status303SeeOther;
                http.Response.Headers.Location = signIn;
                return Task.CompletedTask;
            case "not_you":
                return ShowAsync(http, Notices.NotYou(problem, signIn));
            default:
                return ShowAsync(http, Notices.Of(problem));
        }
    }

    private static string LinkOf(HttpContext http) => http.Request.RouteValues["token"] as string ?? string.Empty;

    private static string? ValueOf(IQueryCollection query, string name) =>
        query.TryGetValue(name, out StringValues value) ? value.ToString() : null;

    /// <summary>303: the browser goes on with GET, whatever it came with.</summary>
    private static void Redirect(HttpContext http, Uri location)
    {
        PageHeaders.Set(http.Response);
        http.Response.StatusCode = StatusCodes.Status303SeeOther;
        http.Response.Headers.Location = location.AbsoluteUri;
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
