using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Client;

internal static class ClientListCommand
{
    public static Command Create(CommandShell shell) =>
        shell.Verb(
            "list",
            "Lists the environment's service credentials, without their secrets.",
            [],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                call.Report.Items(
                    await behalf.Clients.ListAsync(call.Token),
                    "There is no client.",
                    new Column<ApiClient>("CLIENT", client => client.ClientId, KeepsWhole: true),
                    new("NAME", client => client.Name),
                    new("STATE", client => client.IsEnabled ? "enabled" : "disabled"),
                    new("SECRETS", client => $"{client.LiveSecrets}"),
                    new("LIMITS", Limits),
                    new("CREATED", client => When.Text(client.CreatedAt))
                );
                return ExitCode.Ok;
            }
        );

    private static string Limits(ApiClient client) =>
        client.Connections.Concat(client.Tools).ToArray() is { Length: > 0 } limits ? string.Join(' ', limits) : "-";
}
