using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.User;

internal static class UserSignOutCommand
{
    public static Command Create(CommandShell shell)
    {
        var named = new UserFeature();
        return shell.Verb(
            "sign-out",
            "Ends a user's sessions at the next call; accounts stay connected.",
            named.Symbols,
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var user = named.Read(call);
                await behalf.Users.SignOutAsync(user, call.Token);
                call.Report.Json(new { Identifier = user, SignedOut = true });
                call.Report.Line($"Signed out {user}.");
                return ExitCode.Ok;
            }
        );
    }
}
