using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Behalf.Client;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace TeamAgent;

/// <summary>The application's own login: who is in front of the browser is decided here and nowhere else.</summary>
internal static class SignIn
{
    public static void MapSignIn(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(
            "/login",
            (HttpContext context, IAntiforgery forgery, string? returnUrl) =>
                Html.Page("Sign in", Html.LoginForm(forgery.GetAndStoreTokens(context), LocalPath(returnUrl)))
        );
        endpoints.MapPost("/login", SignInAsync);
        endpoints.MapPost(
            "/logout",
            async (HttpContext context, IAntiforgery forgery) =>
            {
                await forgery.ValidateRequestAsync(context);
                await context.SignOutAsync();
                return Results.Redirect("/login");
            }
        );
    }

    public static string DisplayName(this ClaimsPrincipal user) =>
        user.FindFirstValue(ClaimTypes.Name) ?? user.GetBehalfIdentifier();

    private static async Task<IResult> SignInAsync(HttpContext context, IAntiforgery forgery, TeamAgentOptions options)
    {
        await forgery.ValidateRequestAsync(context);
        IFormCollection form = await context.Request.ReadFormAsync(context.RequestAborted);
        string username = form["username"].ToString();
        Person? person = options.People.FirstOrDefault(p => p.Identifier == username);
        bool known = SamePassword(form["password"].ToString(), person?.Password ?? "nobody");
        if (person is null || !known)
        {
            return Html.Page(
                "Sign in",
                Html.Message("Name or password is wrong.") + Html.LoginForm(forgery.GetAndStoreTokens(context), "/"),
                StatusCodes.Status401Unauthorized
            );
        }

        ClaimsIdentity identity = new(
            [new Claim(ClaimTypes.NameIdentifier, person.Identifier), new Claim(ClaimTypes.Name, person.Name)],
            CookieAuthenticationDefaults.AuthenticationScheme
        );
        await context.SignInAsync(new ClaimsPrincipal(identity));
        return Results.Redirect(LocalPath(form["returnUrl"]));
    }

    private static string LocalPath(string? returnUrl) =>
        returnUrl is ['/', not ('/' or '\\'), ..] && !returnUrl.Contains('\\', StringComparison.Ordinal)
            ? returnUrl
            : "/";

    private static bool SamePassword(string given, string expected) =>
        CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(given)),
            SHA256.HashData(Encoding.UTF8.GetBytes(expected))
        );
}
