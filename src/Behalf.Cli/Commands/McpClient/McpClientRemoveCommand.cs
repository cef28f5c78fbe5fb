using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.McpClient;

internal static class McpClientRemoveCommand
{
    public static Command Create(CommandShell shell)
    {
        var client = new Argument<string>("client-id") { Description = "As in `behalf mcp-client list`." };
        return shell.Verb(
            "remove",
            "Ends what people allowed a client. One that registers or describes itself may come again.",
            [client],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                await behalf.McpClients.RemoveAsync(call.Require(client), call.Token);
                call.Report.Json(new { ClientId = call.Require(client), Removed = true });
                call.Report.Line($"Removed {call.Require(client)}; its tokens no longer work.");
                return ExitCode.Ok;
            }
        );
    }
}
