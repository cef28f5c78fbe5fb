using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Keys;

internal static class KeysListCommand
{
    public static Command Create(CommandShell shell) =>
        shell.Verb(
            "list",
            "Lists the running server's key ring: kinds and states, never a key.",
            [],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                call.Report.Items(
                    await behalf.Keys.ListAsync(call.Token),
                    "There is no key.",
                    new Column<RingKey>("KEY", key => key.Id, KeepsWhole: true),
                    new("KIND", key => key.Kind),
                    new("STATE", key => key.State),
                    new("ROOT KEY", key => key.Wrapper),
                    new("CREATED", key => When.Text(key.CreatedAt))
                );
                return ExitCode.Ok;
            }
        );
}
