using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.IdentityProvider;

internal static class IdentityProviderRemoveCommand
{
    public static Command Create(CommandShell shell) =>
        shell.Verb(
            "remove",
            "Nobody new signs in at the provider; who is signed in stays so.",
            [],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                await behalf.IdentityProvider.RemoveAsync(call.Token);
                call.Report.Json(new { Removed = true });
                call.Report.Line("Removed. People of the local directory sign in as before.");
                return ExitCode.Ok;
            }
        );
}
