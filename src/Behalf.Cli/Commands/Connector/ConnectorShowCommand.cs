using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Connector;

internal static class ConnectorShowCommand
{
    public static Command Create(CommandShell shell)
    {
        var slug = new Argument<string>("connector") { Description = "The connector." };
        return shell.Verb(
            "show",
            "Shows one connector: its scopes and tools.",
            [slug],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var connector = await behalf.Connectors.GetAsync(call.Require(slug), call.Token);
                if (call.Report.IsJson)
                {
                    call.Report.Json(connector);
                    return ExitCode.Ok;
                }
                call.Report.Item(
                    connector,
                    ("Connector", connector.Slug),
                    ("Name", connector.Name),
                    ("Revision", connector.Revision),
                    ("Scopes", string.Join(' ', connector.DefaultScopes))
                );
                call.Report.Line();
                call.Report.Items(
                    connector.Tools,
                    "It has no tools.",
                    new Column<ConnectorTool>("TOOL", tool => tool.Name, KeepsWhole: true),
                    new("NEEDS", tool => string.Join(' ', tool.NeededScopes)),
                    new("", tool => tool.Title)
                );
                return ExitCode.Ok;
            }
        );
    }
}
