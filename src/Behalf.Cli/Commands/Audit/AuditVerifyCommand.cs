using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Audit;

internal static class AuditVerifyCommand
{
    public static Command Create(CommandShell shell) =>
        shell.Verb(
            "verify",
            "Walks every chain of the trail: nothing edited, removed, reordered or cut off.",
            [],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var result = await behalf.Audit.VerifyAsync(call.Token);
                call.Report.Json(result);
                foreach (var fault in result.Faults)
                {
                    call.Report.Line($"lane {fault.Lane}, record {fault.Sequence}: {fault.Description}");
                }
                call.Report.Line(
                    $"{(result.IsWhole ? "Whole" : "NOT whole")}: {result.Records} records in {result.Lanes} lanes, {result.Checkpoints} checkpoints."
                );
                return result.IsWhole ? ExitCode.Ok : ExitCode.Failed;
            }
        );
}
