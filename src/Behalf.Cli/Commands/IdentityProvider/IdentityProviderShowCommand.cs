using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.IdentityProvider;

internal static class IdentityProviderShowCommand
{
    public static Command Create(CommandShell shell) =>
        shell.Verb(
            "show",
            "Shows the provider, and the redirect URI to register there.",
            [],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                var provider = await behalf.IdentityProvider.GetAsync(call.Token);
                call.Report.Json(provider);
                call.Report.Line($"Issuer        {provider.Issuer}");
                call.Report.Line($"Client        {provider.ClientId}");
                call.Report.Line($"Scopes        {string.Join(' ', provider.Scopes)}");
                call.Report.Line($"Identifier    {provider.IdentifierClaim}");
                call.Report.Line($"Groups        {provider.GroupsClaim ?? "-"}");
                call.Report.Line($"Redirect URI  {provider.RedirectUri}");
                return ExitCode.Ok;
            }
        );
}
