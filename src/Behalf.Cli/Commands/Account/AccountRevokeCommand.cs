using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Account;

internal static class AccountRevokeCommand
{
    public static Command Create(CommandShell shell)
    {
        var account = new AccountFeature();
        var delete = new Option<bool>("--delete") { Description = "Remove the record too." };
        return shell.Verb(
            "revoke",
            "Stops an account at once and revokes its grant at the provider.",
            [.. account.Symbols, delete],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var found = await account.FindAsync(call, behalf);
                if (call.Get(delete))
                {
                    await behalf.Accounts.DeleteAsync(found.Id, call.Token);
                    call.Report.Json(new { found.Id, Deleted = true });
                    call.Report.Line(
                        $"Revoked and removed the account of {found.Identifier} at \"{found.ConnectionName}\"."
                    );
                    return ExitCode.Ok;
                }
                var stopped = await behalf.Accounts.DisconnectAsync(found.Id, call.Token);
                call.Report.Json(stopped);
                call.Report.Line(
                    $"Revoked the account of {found.Identifier} at \"{found.ConnectionName}\": it is {stopped.Status}."
                );
                return ExitCode.Ok;
            }
        );
    }
}
