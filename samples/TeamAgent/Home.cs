using System.Text;
using Behalf.Client;
using Microsoft.AspNetCore.Antiforgery;

namespace TeamAgent;

internal static class Home
{
    public static void MapHome(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/", ShowAsync).RequireAuthorization();

    private static async Task<IResult> ShowAsync(
        HttpContext context,
        IAntiforgery forgery,
        TeamAgentOptions options,
        BehalfClient behalf
    )
    {
        AntiforgeryTokenSet tokens = forgery.GetAndStoreTokens(context);
        using UserClient user = behalf.CreateUserClient(context.User);
        UserTools tools = await user.ListToolsAsync(context.RequestAborted);
        StringBuilder body = new();
        body.Append($"<p>Signed in as <b>{Html.Encode(context.User.DisplayName())}</b></p>");
        foreach (UserAccount account in tools.Accounts)
        {
            body.Append(
                $"<p>{Html.Encode(account.ConnectionName)}: {Html.Encode(account.Status)}, {tools.Tools.Count(tool => tool.ConnectionName == account.ConnectionName)} tools</p>"
            );
        }

        if (!tools.Accounts.Any(account => account.ConnectionName == options.Connection && account.IsActive))
        {
            body.Append(
                $"<form id=\"connect\" method=\"post\" action=\"/behalf/connect/{Html.Encode(options.Connection)}\">{Html.Hidden(tokens)}<button>Connect {Html.Encode(options.Connection)}</button></form>"
            );
        }

        body.Append(
            $"""
            <form id="ask" method="post" action="/ask">{Html.Hidden(tokens)}
            <label>Ask <textarea name="prompt" rows="3" required></textarea></label><button>Send</button></form>
            <form id="logout" method="post" action="/logout">{Html.Hidden(tokens)}<button>Sign out</button></form>
            """
        );
        return Html.Page("Team agent", body.ToString());
    }
}
