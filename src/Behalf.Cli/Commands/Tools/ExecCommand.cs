using System.CommandLine;
using Behalf.Cli.Commands.Account;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Tools;

internal static class ExecCommand
{
    public static Command Create(CommandShell shell)
    {
        var tool = new Argument<string>("tool") { Description = "The tool's name." };
        var identifier = Options.Identifier();
        var connection = Options.Connection("The connection, when the user has the tool on several.");
        var input = new Option<string>("--input")
        {
            Description = "The arguments: JSON, @file, or - for standard input.",
            HelpName = "JSON",
            DefaultValueFactory = _ => "{}",
        };
        var key = new Option<string?>("--idempotency-key")
        {
            Description = "Calls with the same key within 24 hours run once.",
            HelpName = "KEY",
        };
        var run = new Option<string?>("--agent-run")
        {
            Description = "Stands in the audit trail beside the call.",
            HelpName = "ID",
        };
        return shell.Verb(
            "exec",
            "Runs one tool as a user and prints its answer as JSON.",
            [tool, identifier, connection, input, key, run],
            async call =>
            {
                var arguments = await ToolInput.ReadAsync(call.Require(input), call.Surroundings.In, call.Token);
                using var behalf = call.ConnectAsService();
                var outcome = await behalf.Tools.ExecuteAsync(
                    call.Require(identifier),
                    call.Require(tool),
                    arguments,
                    new ExecuteOptions
                    {
                        ConnectionName = call.Get(connection),
                        IdempotencyKey = call.Get(key),
                        AgentRunId = call.Get(run),
                    },
                    call.Token
                );
                return outcome switch
                {
                    ToolOutcome.Succeeded succeeded => Succeed(call, succeeded),
                    ToolOutcome.Failed failed => await FailAsync(
                        call,
                        behalf,
                        failed,
                        call.Require(identifier),
                        call.Get(connection)
                    ),
                    _ => throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}."),
                };
            }
        );
    }

    private static int Succeed(Invocation call, ToolOutcome.Succeeded outcome)
    {
        call.Report.Json(new { outcome.ExecutionId, outcome.Data });
        call.Report.Text(CliJson.Document(outcome.Data));
        return ExitCode.Ok;
    }

    private static async Task<int> FailAsync(
        Invocation call,
        BehalfClient behalf,
        ToolOutcome.Failed failed,
        string identifier,
        string? connection
    )
    {
        var link = failed.NeedsAuthorization
            ? failed.AuthorizationLink ?? await ReconnectLink.FindAsync(behalf, identifier, connection, call.Token)
            : null;
        call.Report.Json(
            new
            {
                Error = failed.Code,
                failed.Message,
                failed.ExecutionId,
                failed.Violations,
                AuthorizationLink = link?.AbsoluteUri,
            }
        );
        if (link is not null)
        {
            call.Report.Line(link.AbsoluteUri);
        }
        foreach (var violation in failed.Violations)
        {
            call.Report.Remark($"{violation.Field}: {violation.Description}");
        }
        call.Report.Fail(failed.Message);
        return Failures.ExitCodeOf(failed.Kind, failed.NeedsAuthorization);
    }
}
