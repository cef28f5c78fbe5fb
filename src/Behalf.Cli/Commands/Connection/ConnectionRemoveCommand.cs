using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Connection;

internal static class ConnectionRemoveCommand
{
    public static Command Create(CommandShell shell)
    {
        var name = new Argument<string>("name") { Description = "The connection's name." };
        var force = new Option<bool>("--force") { Description = "Revoke the accounts that use it first." };
        return shell.Verb(
            "remove",
            "Removes a connection that no account uses.",
            [name, force],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                await behalf.Connections.RemoveAsync(call.Require(name), call.Get(force), call.Token);
                call.Report.Json(new { Removed = call.Require(name) });
                call.Report.Line($"Removed the connection \"{call.Require(name)}\".");
                return ExitCode.Ok;
            }
        );
    }
}
