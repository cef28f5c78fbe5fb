using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.McpClient;

internal static class McpClientListCommand
{
    public static Command Create(CommandShell shell) =>
        shell.Verb(
            "list",
            "Lists the MCP clients that are known here.",
            [],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                call.Report.Items(
                    await behalf.McpClients.ListAsync(call.Token),
                    "There is no client yet.",
                    new Column<RegisteredMcpClient>("CLIENT", client => client.ClientId, KeepsWhole: true),
                    new("NAME", client => client.Name),
                    new("KIND", client => client.Kind),
                    new("REDIRECTS TO", client => string.Join(' ', client.RedirectUris)),
                    new("USED", client => When.Text(client.UsedAt))
                );
                return ExitCode.Ok;
            }
        );
}
