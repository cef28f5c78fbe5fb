using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Account;

internal static class AccountShowCommand
{
    public static Command Create(CommandShell shell)
    {
        var account = new AccountFeature();
        return shell.Verb(
            "show",
            "Shows one account; never a token.",
            account.Symbols,
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var found = await account.FindAsync(call, behalf);
                call.Report.Item(
                    found,
                    ("User", found.Identifier),
                    ("Connection", found.ConnectionName),
                    ("State", found.Status),
                    ("Scopes", found.Scopes is [] ? "-" : string.Join(' ', found.Scopes)),
                    ("Token ends", When.Text(found.TokenExpiresAt)),
                    ("Last used", When.Text(found.LastUsedAt)),
                    ("Changed", When.Text(found.UpdatedAt)),
                    ("Id", found.Id)
                );
                return ExitCode.Ok;
            }
        );
    }
}
