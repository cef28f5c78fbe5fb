using Microsoft.AspNetCore.WebUtilities;

namespace Behalf.Sandbox.OAuth;

/// <summary>The browser's part: sign-in, consent, and the way back to the app.</summary>
internal sealed class AuthorizeEndpoints(
    ObjectStore store,
    AppRegistry apps,
    TokenStore tokens,
    SignInSessions sessions
)
{
    public void MapTo(IEndpointRouteBuilder app)
    {
        app.MapGet("/-/oauth_authorize", AuthorizeAsync);
        app.MapPost("/-/oauth_authorize", DecideAsync);
        app.MapPost("/-/sign_in", SignInAsync);
        app.MapPost("/-/sign_out", SignOutAsync);
    }

    private Task AuthorizeAsync(HttpContext http)
    {
        lock (store.Gate)
        {
            var query = http.Request.QueryString.Value ?? "";
            var outcome = Judge(query);
            if (outcome is not AuthorizationOutcome.Valid valid)
            {
                return RefuseAsync(http, outcome);
            }
            var session = sessions.Of(http);
            return session.User is null
                ? Pages.SignInAsync(http, session, valid.Request.App.Name, query, error: null)
                : Pages.ConsentAsync(http, session, valid.Request, query);
        }
    }

    private async Task SignInAsync(HttpContext http)
    {
        var form = await FormAsync(http);
        var query = form["continue"].ToString();
        Task answer;
        lock (store.Gate)
        {
            var session = sessions.Of(http);
            var outcome = Judge(query);
            if (outcome is not AuthorizationOutcome.Valid valid)
            {
                answer = RefuseAsync(http, outcome);
            }
            else if (!SignInSessions.IsGenuine(session, form["csrf"]))
            {
                answer = Pages.SignInAsync(
                    http,
                    session,
                    valid.Request.App.Name,
                    query,
                    "The form was out of date. Please try again."
                );
            }
            else if (FindUser(form["username"].ToString(), form["password"].ToString()) is { } user)
            {
                sessions.Start(http, user);
                answer = RedirectAsync(http, "/-/oauth_authorize" + query);
            }
            else
            {
                answer = Pages.SignInAsync(
                    http,
                    session,
                    valid.Request.App.Name,
                    query,
                    "The email or the password is not right."
                );
            }
        }
        await answer;
    }

    private async Task SignOutAsync(HttpContext http)
    {
        var form = await FormAsync(http);
        lock (store.Gate)
        {
            if (SignInSessions.IsGenuine(sessions.Of(http), form["csrf"]))
            {
                sessions.Start(http, null);
            }
        }
        await RedirectAsync(http, "/-/oauth_authorize" + AsQuery(form["continue"].ToString()));
    }

    private async Task DecideAsync(HttpContext http)
    {
        var form = await FormAsync(http);
        var query = form["request"].ToString();
        Task answer;
        lock (store.Gate)
        {
            var session = sessions.Of(http);
            var outcome = Judge(query);
            answer = outcome switch
            {
                AuthorizationOutcome.Valid
                    when session.User is null || !SignInSessions.IsGenuine(session, form["csrf"]) => Pages.ErrorAsync(
                    http,
                    403,
                    "The form was out of date. Please start again."
                ),
                AuthorizationOutcome.Valid valid => AnswerAsync(
                    http,
                    valid.Request,
                    session.User,
                    form["decision"].ToString()
                ),
                _ => RefuseAsync(http, outcome),
            };
        }
        await answer;
    }

    private Task AnswerAsync(HttpContext http, AuthorizationRequest request, User user, string decision)
    {
        var isOutOfBand = request.RedirectUri == App.OutOfBand;
        switch (decision)
        {
            case "allow":
                var code = tokens.IssueCode(request, user);
                return isOutOfBand
                    ? Pages.CodeAsync(http, code)
                    : RedirectAsync(
                        http,
                        AuthorizationRequest.Redirect(request.RedirectUri, ("code", code), ("state", request.State))
                    );
            case "deny":
                return isOutOfBand
                    ? Pages.ErrorAsync(http, 200, "access_denied: The user denied the request.")
                    : RedirectAsync(
                        http,
                        AuthorizationRequest.Redirect(
                            request.RedirectUri,
                            ("error", "access_denied"),
                            ("error_description", "The user denied the request."),
                            ("state", request.State)
                        )
                    );
            default:
                return Pages.ErrorAsync(http, 400, "The decision must be allow or deny.");
        }
    }

    private AuthorizationOutcome Judge(string query)
    {
        var parameters = QueryHelpers.ParseQuery(query);
        return AuthorizationOutcome.Judge(
            apps,
            name =>
                parameters.TryGetValue(name, out var value) && value.ToString() is { Length: > 0 } text ? text : null
        );
    }

    private User? FindUser(string name, string password) =>
        store
            .All<User>()
            .FirstOrDefault(u =>
                u.Active
                && (u.Key == name || string.Equals(u.Email, name, StringComparison.OrdinalIgnoreCase))
                && u.Password == password
            );

    private static Task RefuseAsync(HttpContext http, AuthorizationOutcome outcome) =>
        outcome switch
        {
            AuthorizationOutcome.ShowError error => Pages.ErrorAsync(http, 400, $"{error.Error}: {error.Description}"),
            AuthorizationOutcome.SendBack back
                when !back.Location.StartsWith(App.OutOfBand, StringComparison.Ordinal) => RedirectAsync(
                http,
                back.Location
            ),
            _ => Pages.ErrorAsync(http, 400, "invalid_request: The request is not valid for this application."),
        };

    private static Task RedirectAsync(HttpContext http, string location)
    {
        http.Response.Headers.CacheControl = "no-store";
        http.Response.StatusCode = StatusCodes.Status302Found;
        http.Response.Headers.Location = location;
        return Task.CompletedTask;
    }

    private static string AsQuery(string text) => text.StartsWith('?') ? text : "";

    private static async Task<IFormCollection> FormAsync(HttpContext http) =>
        http.Request.HasFormContentType ? await http.Request.ReadFormAsync(http.RequestAborted) : FormCollection.Empty;
}
