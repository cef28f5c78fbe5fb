using System.CommandLine;
using Behalf.Cli.Settings;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Client;

internal static class ClientRotateCommand
{
    public static Command Create(CommandShell shell)
    {
        var clientId = new Argument<string>("client-id") { Description = "The client's id." };
        var output = Options.Out();
        var force = Options.Force();
        return shell.Verb(
            "rotate",
            "Gives a client a second secret, written to a private file; the old one ends after its grace period.",
            [clientId, output, force],
            async call =>
            {
                using var file = SecretFile.Reserve(call.Require(output), call.Get(force));
                using var behalf = call.ConnectAsOperator();
                var made = await behalf.Clients.RotateAsync(call.Require(clientId), call.Token);
                ClientFile.Write(file, behalf, made);
                call.Report.Json(new { made.Client, File = file.Path });
                call.Report.Line($"The new secret of {made.Client.ClientId} is in {file.Path}.");
                return ExitCode.Ok;
            }
        );
    }
}
