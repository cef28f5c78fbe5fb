using Behalf.Client;
using Microsoft.AspNetCore.Antiforgery;

namespace TeamAgent;

/// <summary>
/// The two places an application has in the connect flow: it sends the signed-in person to their authorization link, and
/// says on the return who is in front of the browser now.
/// </summary>
internal static class Connect
{
    public static void MapConnect(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/connect", StartAsync).RequireAuthorization();
        endpoints.MapGet("/connected", ConnectedAsync).RequireAuthorization();
    }

    private static async Task<IResult> StartAsync(
        HttpContext context,
        IAntiforgery forgery,
        Connecting connecting,
        TeamAgentOptions options
    )
    {
        await forgery.ValidateRequestAsync(context);
        Uri link = await connecting.LinkAsync(context.User, options.Connection, context.RequestAborted);
        return Results.Redirect(link.ToString());
    }

    private static async Task<IResult> ConnectedAsync(
        HttpContext context,
        BehalfClient behalf,
        Connecting connecting,
        string? auth_request_id,
        string? state
    )
    {
        if (string.IsNullOrEmpty(auth_request_id) || !connecting.Ends(state))
        {
            return Html.Page(
                "Start again",
                Html.Message("This page belongs to no connection that was begun here."),
                400
            );
        }

        // Always the person who is signed in here now, never who the link was made for: if the two differ, Behalf
        // refuses, ends the flow and records both.
        try
        {
            await behalf.Accounts.VerifyAsync(
                auth_request_id,
                context.User.GetBehalfIdentifier(),
                context.RequestAborted
            );
            return Html.Page(
                "Connected",
                Html.Message($"Your account is connected, {context.User.DisplayName()}.")
                    + "<p><a href=\"/\">Back</a></p>"
            );
        }
        catch (BehalfException refused) when (refused.Kind == BehalfErrorKind.Forbidden)
        {
            return Html.Page(
                "Not you",
                Html.Message("This link was made for another person. Nothing was connected. Begin from your own page."),
                403
            );
        }
        catch (BehalfException refused)
        {
            return Html.Page("Not connected", Html.Message(refused.Message), 409);
        }
    }
}
