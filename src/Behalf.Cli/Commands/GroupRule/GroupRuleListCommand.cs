using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.GroupRule;

internal static class GroupRuleListCommand
{
    public static Command Create(CommandShell shell) =>
        shell.Verb(
            "list",
            "Lists what groups may reach.",
            [],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                call.Report.Items(
                    await behalf.GroupRules.ListAsync(call.Token),
                    "There is no rule: everyone who signs in may reach every connection.",
                    new Column<McpGroupRule>("GROUP", rule => rule.Group, KeepsWhole: true),
                    new("CONNECTION", rule => rule.Connection),
                    new("TOOLS", rule => rule.Tools.Count == 0 ? "all" : string.Join(' ', rule.Tools))
                );
                return ExitCode.Ok;
            }
        );
}
