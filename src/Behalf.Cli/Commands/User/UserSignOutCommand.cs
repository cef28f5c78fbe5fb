using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.User;

internal static class UserSignOutCommand
{
    public static Command Create(CommandShell shell)
    {
        var identifier = Options.Identifier();
        return shell.Verb(
            "sign-out",
            "Ends a user's sessions at the next call; accounts stay connected.",
            [identifier],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                await behalf.Users.SignOutAsync(call.Require(identifier), call.Token);
                call.Report.Json(new { Identifier = call.Require(identifier), SignedOut = true });
                call.Report.Line($"Signed out {call.Require(identifier)}.");
                return ExitCode.Ok;
            }
        );
    }
}
