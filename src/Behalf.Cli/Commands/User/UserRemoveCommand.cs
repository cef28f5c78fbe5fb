using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.User;

internal static class UserRemoveCommand
{
    public static Command Create(CommandShell shell)
    {
        var named = new UserFeature();
        return shell.Verb(
            "remove",
            "Revokes a user and deletes the accounts: who comes later under this identifier inherits nothing.",
            named.Symbols,
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var user = named.Read(call);
                var accounts = await behalf.Users.RemoveAsync(user, call.Token);
                call.Report.Json(new { Identifier = user, Accounts = accounts });
                call.Report.Line(
                    accounts.Count == 0
                        ? $"Removed {user}, who had no connected account."
                        : $"Removed {user}, and revoked: {string.Join(", ", accounts.Select(account => account.ConnectionName))}."
                );
                return ExitCode.Ok;
            }
        );
    }
}
