using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Tools;

internal static class ExplainCommand
{
    public static Command Create(CommandShell shell)
    {
        var tool = new Argument<string>("tool") { Description = "The tool, by any of its names." };
        var identifier = Options.Identifier();
        var connection = Options.Connection("The connection, when several offer the tool.");
        var input = new Option<string>("--input")
        {
            Description = "The arguments: JSON, @file, or - for standard input.",
            HelpName = "JSON",
            DefaultValueFactory = _ => "{}",
        };
        return shell.Verb(
            "explain",
            "Says whether a user may call a tool now, and why. Calls nothing.",
            [tool, identifier, connection, input],
            async call =>
            {
                var arguments = await ToolInput.ReadAsync(call.Require(input), call.Surroundings.In, call.Token);
                using var behalf = call.ConnectAsService();
                var explanation = await behalf.Tools.ExplainAsync(
                    call.Require(identifier),
                    call.Require(tool),
                    arguments,
                    call.Get(connection),
                    call.Token
                );
                call.Report.Json(explanation);
                call.Report.Line($"{call.Require(identifier)} · {call.Require(tool)}: {explanation.Verdict}");
                foreach (var check in explanation.Checks)
                {
                    call.Report.Line(
                        $"  {check.Verdict, -8} {check.Check, -10} {check.Message}{Age(check, explanation.At)}"
                    );
                }

                return explanation.Verdict == "refused" ? ExitCode.Refused : ExitCode.Ok;
            }
        );
    }

    /// <summary>How old it is, where it is not of this moment.</summary>
    private static string Age(ToolCheck check, DateTimeOffset at) =>
        check.KnownAt is { } known && at - known is { TotalSeconds: >= 1 } age ? $" (known for {When.Span(age)})" : "";
}
