using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Connection;

internal static class ConnectionListCommand
{
    public static Command Create(CommandShell shell) =>
        shell.Verb(
            "list",
            "Lists the environment's connections.",
            [],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var connections = await behalf.Connections.ListAsync(call.Token).ToListAsync(call.Token);
                call.Report.Items(
                    connections,
                    "No connections yet. Add one with `behalf connection add CONNECTOR`.",
                    new Column<ConnectionDetails>("NAME", connection => connection.Name, KeepsWhole: true),
                    new("CONNECTOR", connection => connection.ConnectorName),
                    new("SCOPES", connection => $"{connection.Scopes.Count}"),
                    new("STATE", connection => connection.IsEnabled ? "enabled" : "disabled"),
                    new("API", connection => connection.BaseUrl)
                );
                return ExitCode.Ok;
            }
        );
}
