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
                var next = AccountAdvice.For(found);
                call.Report.Item(
                    found,
                    ("User", found.Identifier),
                    ("Connection", found.ConnectionName),
                    ("State", found.Reason is null ? found.Status : $"{found.Status} ({found.Reason})"),
                    ("Scopes", found.Scopes is [] ? "-" : string.Join(' ', found.Scopes)),
                    ("Token ends", When.Text(found.TokenExpiresAt)),
                    ("Last used", When.Text(found.LastUsedAt)),
                    ("Changed", When.Text(found.UpdatedAt)),
                    ("Id", found.Id)
                );
                if (next is not null)
                {
                    call.Report.Line();
                    call.Report.Line(next);
                }
                return ExitCode.Ok;
            }
        );
    }
}
