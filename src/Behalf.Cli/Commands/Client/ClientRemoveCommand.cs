using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Client;

internal static class ClientRemoveCommand
{
    public static Command Create(CommandShell shell)
    {
        var clientId = new Argument<string>("client-id") { Description = "The client's id." };
        return shell.Verb(
            "remove",
            "Ends a service credential and every session it made.",
            [clientId],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                await behalf.Clients.RemoveAsync(call.Require(clientId), call.Token);
                call.Report.Json(new { Removed = call.Require(clientId) });
                call.Report.Line($"Removed the client {call.Require(clientId)}.");
                return ExitCode.Ok;
            }
        );
    }
}
