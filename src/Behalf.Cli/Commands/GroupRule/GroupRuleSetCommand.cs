using System.CommandLine;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.GroupRule;

internal static class GroupRuleSetCommand
{
    public static Command Create(CommandShell shell)
    {
        var group = new Argument<string>("group") { Description = "The group, or \"*\" for everyone who signs in." };
        var connection = new Argument<string>("connection") { Description = "The connection it may reach." };
        var tools = Options.Many("--tool", "TOOL", "Only these tools.");
        return shell.Verb(
            "set",
            "Opens a connection to a group. The first rule closes all that no rule opens.",
            [group, connection, tools],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                var set = await behalf.GroupRules.SetAsync(
                    new McpGroupRule(call.Require(group), call.Require(connection), call.Require(tools)),
                    call.Token
                );
                call.Report.Json(set);
                call.Report.Line(
                    $"Group \"{set.Group}\" may reach {set.Connection}: {(set.Tools.Count == 0 ? "all tools" : string.Join(' ', set.Tools))}."
                );
                return ExitCode.Ok;
            }
        );
    }
}
