using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Tools;

internal static class ToolsShowCommand
{
    public static Command Create(CommandShell shell)
    {
        var name = new Argument<string>("tool") { Description = "The tool's name." };
        return shell.Verb(
            "show",
            "Shows one tool and its input schema.",
            [name],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var query = new ToolQuery { ToolNames = [call.Require(name)] };
                var tool =
                    await behalf
                        .Tools.ListAsync(query, call.Token)
                        .FirstOrDefaultAsync(found => found.Name == call.Require(name), call.Token)
                    ?? throw CommandFailure.Failed(
                        $"There is no tool \"{call.Require(name)}\". See `behalf tools list`."
                    );
                call.Report.Item(
                    tool,
                    ("Name", tool.Name),
                    ("Title", tool.Title),
                    ("Connector", tool.Connector),
                    ("Read only", tool.IsReadOnly ? "yes" : "no"),
                    ("Destructive", tool.IsDestructive ? "yes" : "no"),
                    ("Idempotent", tool.IsIdempotent ? "yes" : "no"),
                    ("Changes access", tool.ChangesAccess ? "yes" : "no")
                );
                call.Report.Line();
                call.Report.Text(tool.Description);
                call.Report.Line();
                call.Report.Text(CliJson.Document(tool.InputSchema));
                return ExitCode.Ok;
            }
        );
    }
}
