using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Keys;

internal static class KeysRotateCommand
{
    public static Command Create(CommandShell shell)
    {
        var kind = new Option<string>("--kind") { Description = "What it is for.", DefaultValueFactory = _ => "data" };
        kind.AcceptOnlyFromAmong("data", "token_signing", "audit_signing");
        return shell.Verb(
            "rotate",
            "Makes a new key and moves everything the old one wraps to it, while calls go on.",
            [kind],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                var key = await behalf.Keys.RotateAsync(call.Require(kind), call.Token);
                call.Report.Json(key);
                call.Report.Line(
                    $"{key.Id} is prepared and becomes active within seconds; `behalf keys list` shows how far it is."
                );
                return ExitCode.Ok;
            }
        );
    }
}
