using System.CommandLine;
using Behalf.Cli.Settings;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Client;

internal static class ClientAddCommand
{
    public static Command Create(CommandShell shell)
    {
        var name = new Argument<string>("name") { Description = "A name for people, such as the application's." };
        var connections = Options.Many("--connection", "NAME", "Limit it to these connections.");
        var tools = Options.Many("--tool", "TOOL", "Limit it to these tools.");
        var output = Options.Out();
        var force = Options.Force();
        return shell.Verb(
            "add",
            "Makes a service credential and writes it to a private file.",
            [name, connections, tools, output, force],
            async call =>
            {
                using var file = SecretFile.Reserve(call.Require(output), call.Get(force));
                using var behalf = call.ConnectAsOperator();
                var made = await behalf.Clients.AddAsync(
                    new NewApiClient
                    {
                        Name = call.Require(name),
                        Connections = call.Require(connections),
                        Tools = call.Require(tools),
                    },
                    call.Token
                );
                ClientFile.Write(file, behalf, made);
                call.Report.Json(new { made.Client, File = file.Path });
                call.Report.Line($"Added the client {made.Client.ClientId}; its secret is in {file.Path}.");
                return ExitCode.Ok;
            }
        );
    }
}
