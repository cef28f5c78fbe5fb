using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.GroupRule;

internal static class GroupRuleRemoveCommand
{
    public static Command Create(CommandShell shell)
    {
        var group = new Argument<string>("group") { Description = "As in `behalf group-rule list`." };
        var connection = new Argument<string>("connection") { Description = "The connection it was opened to." };
        return shell.Verb(
            "remove",
            "Takes a rule back. When the last one goes, everything may be reached again.",
            [group, connection],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                await behalf.GroupRules.RemoveAsync(call.Require(group), call.Require(connection), call.Token);
                call.Report.Json(
                    new
                    {
                        Group = call.Require(group),
                        Connection = call.Require(connection),
                        Removed = true,
                    }
                );
                call.Report.Line(
                    $"Group \"{call.Require(group)}\" no longer reaches {call.Require(connection)} by a rule of its own."
                );
                return ExitCode.Ok;
            }
        );
    }
}
