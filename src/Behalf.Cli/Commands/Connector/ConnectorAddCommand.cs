using System.CommandLine;
using Behalf.Cli.Shell;
using Behalf.Connectors;

namespace Behalf.Cli.Commands.Connector;

internal static class ConnectorAddCommand
{
    public static Command Create(CommandShell shell)
    {
        var folder = new Argument<string>("folder")
        {
            Description = "A connector's folder, as `behalf connector import` makes one.",
        };
        return shell.Verb(
            "add",
            "Gives the server a connector of your own, or replaces the one of its name.",
            [folder],
            async call =>
            {
                var path = call.Require(folder);
                if (!File.Exists(Path.Combine(path, ConnectorFolder.MainFile)))
                {
                    throw CommandFailure.Failed($"{path} holds no {ConnectorFolder.MainFile}.");
                }
                using var behalf = call.ConnectAsService();
                var added = await behalf.Connectors.PutAsync(
                    await ConnectorFolder.ReadAsync(path, call.Token),
                    call.Token
                );
                call.Report.Json(added);
                call.Report.Line(
                    $"Added the connector \"{added.Slug}\" ({added.Tools.Count} tools). Next: behalf connection add {added.Slug}"
                );
                return ExitCode.Ok;
            }
        );
    }
}
