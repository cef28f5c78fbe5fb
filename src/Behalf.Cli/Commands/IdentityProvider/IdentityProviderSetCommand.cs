using System.CommandLine;
using Behalf.Cli.Commands.Connection;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.IdentityProvider;

internal static class IdentityProviderSetCommand
{
    public static Command Create(CommandShell shell)
    {
        var issuer = new Argument<string>("issuer")
        {
            Description = "Its issuer, exactly as its discovery document spells it.",
        };
        var clientId = new Option<string>("--client-id")
        {
            Description = "The client that you registered there.",
            HelpName = "ID",
            Required = true,
        };
        var secret = new ClientSecretFeature();
        var scopes = Options.Many("--scopes", "SCOPE", "Scopes to ask for; openid profile email by default.");
        var identifier = new Option<string?>("--identifier-claim")
        {
            Description = "The claim that becomes the user's identifier: sub by default; email counts when verified.",
            HelpName = "CLAIM",
        };
        var groups = new Option<string?>("--groups-claim")
        {
            Description = "The claim that lists groups.",
            HelpName = "CLAIM",
        };
        return shell.Verb(
            "set",
            "Lets people sign in at your OpenID Connect provider.",
            [issuer, clientId, .. secret.Options, scopes, identifier, groups],
            async call =>
            {
                var clientSecret = await secret.ReadAsync(call, isAsked: false);
                using var behalf = call.ConnectAsOperator();
                var set = await behalf.IdentityProvider.SetAsync(
                    new NewSignInProvider
                    {
                        Issuer = call.Require(issuer),
                        ClientId = call.Require(clientId),
                        ClientSecret = clientSecret,
                        Scopes = call.Require(scopes),
                        IdentifierClaim = call.Get(identifier),
                        GroupsClaim = call.Get(groups),
                    },
                    call.Token
                );
                call.Report.Json(set);
                call.Report.Line($"People sign in at {set.Issuer}. Register there this redirect URI:");
                call.Report.Line(set.RedirectUri);
                return ExitCode.Ok;
            }
        );
    }
}
