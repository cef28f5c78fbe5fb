using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Account;

internal static class AccountListCommand
{
    public static Command Create(CommandShell shell)
    {
        var identifier = Options.IdentifierFilter();
        var connection = Options.Connection("Only this connection.");
        return shell.Verb(
            "list",
            "Lists connected accounts.",
            [identifier, connection],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var query = new AccountQuery
                {
                    Identifier = call.Get(identifier),
                    ConnectionName = call.Get(connection),
                };
                var accounts = await behalf.Accounts.ListAsync(query, call.Token).ToListAsync(call.Token);
                call.Report.Items(
                    accounts,
                    "No accounts. Connect a user with `behalf account link --identifier USER`.",
                    new Column<ConnectedAccount>("USER", account => account.Identifier, KeepsWhole: true),
                    new("CONNECTION", account => account.ConnectionName, KeepsWhole: true),
                    new("STATE", account => account.Status, KeepsWhole: true),
                    new("LAST USED", account => When.Text(account.LastUsedAt)),
                    new("ID", account => account.Id, KeepsWhole: true)
                );
                return ExitCode.Ok;
            }
        );
    }
}
