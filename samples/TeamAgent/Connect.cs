using System.Collections.Concurrent;
using System.Security.Cryptography;
using Behalf.Client;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace TeamAgent;

/// <summary>Who began which connect flow, by the state that comes back; forgotten when it is used.</summary>
internal sealed class BegunFlows
{
    private readonly ConcurrentDictionary<string, string> _identifierByState = new(StringComparer.Ordinal);

    public string Begin(string identifier)
    {
        string state = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        _identifierByState[state] = identifier;
        return state;
    }

    public string? End(string? state) =>
        state is not null && _identifierByState.TryRemove(state, out string? identifier) ? identifier : null;
}

/// <summary>
/// The three places an application has in the connect flow: it makes the link for the person who is signed in, sends
/// them there, and says on their return who is in front of the browser now.
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
        BehalfClient behalf,
        TeamAgentOptions options,
        BegunFlows begun,
        IServer server
    )
    {
        await forgery.ValidateRequestAsync(context);
        string identifier = context.User.GetBehalfIdentifier();
        AuthorizationLink link = await behalf.Accounts.CreateLinkAsync(
            options.Connection,
            identifier,
            new Uri(OwnUrl(server), "/connected"),
            begun.Begin(identifier),
            context.RequestAborted
        );
        return Results.Redirect(link.Link.ToString());
    }

    private static async Task<IResult> ConnectedAsync(
        HttpContext context,
        BehalfClient behalf,
        BegunFlows begun,
        string? auth_request_id,
        string? state
    )
    {
        string current = context.User.GetBehalfIdentifier();
        string? beganBy = begun.End(state);
        if (string.IsNullOrEmpty(auth_request_id) || beganBy is null)
        {
            return Html.Page("Start again", Html.Message("This page belongs to no connection you began."), 400);
        }

        // Always the person who is signed in here now, never who the link was made for: if the two differ, Behalf
        // refuses, ends the flow and records both.
        try
        {
            Uri next = await behalf.Accounts.VerifyAsync(auth_request_id, current, context.RequestAborted);
            return Html.Page(
                "Connected",
                Html.Message($"Your account is connected, {context.User.DisplayName()}.")
                    + $"<p><a id=\"home\" href=\"/\">Back</a> · <a href=\"{Html.Encode(next.ToString())}\">What was connected</a></p>"
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

    private static Uri OwnUrl(IServer server) => new(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
}
