using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Connector;

internal static class ConnectorListCommand
{
    public static Command Create(CommandShell shell) =>
        shell.Verb(
            "list",
            "Lists the connectors the server knows.",
            [],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                call.Report.Items(
                    await behalf.Connectors.ListAsync(call.Token),
                    "The server knows no connector.",
                    new Column<ConnectorDetails>("CONNECTOR", connector => connector.Slug, KeepsWhole: true),
                    new("NAME", connector => connector.Name),
                    new("TOOLS", connector => $"{connector.Tools.Count}"),
                    new("", connector => connector.Description)
                );
                return ExitCode.Ok;
            }
        );
}
