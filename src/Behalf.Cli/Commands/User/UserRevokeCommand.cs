using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.User;

internal static class UserRevokeCommand
{
    public static Command Create(CommandShell shell)
    {
        var named = new UserFeature();
        return shell.Verb(
            "revoke",
            "Stops and revokes all of a user's accounts and ends the user's sessions.",
            named.Symbols,
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var user = named.Read(call);
                var accounts = await behalf.Users.RevokeAsync(user, call.Token);
                call.Report.Json(new { Identifier = user, Accounts = accounts });
                call.Report.Line(
                    accounts.Count == 0
                        ? $"{user} had no connected account; sessions are ended."
                        : $"Revoked {user}: {string.Join(", ", accounts.Select(account => account.ConnectionName))}."
                );
                return ExitCode.Ok;
            }
        );
    }
}
