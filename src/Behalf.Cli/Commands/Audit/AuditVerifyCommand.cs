using System.CommandLine;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Audit;

internal static class AuditVerifyCommand
{
    public static Command Create(CommandShell shell)
    {
        var export = new Option<string?>("--export")
        {
            Description = "A file of `behalf audit export` of earlier: each of its records must still be the same.",
            HelpName = "FILE",
        };
        return shell.Verb(
            "verify",
            "Walks every chain of the trail: nothing edited, removed, reordered or cut off.",
            [export],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var exported = call.Get(export) is { } path ? await ExportedTrail.ReadAsync(path, call.Token) : null;
                var result = await behalf.Audit.VerifyAsync(call.Token);
                if (exported is not null)
                {
                    result = await CompareAsync(call, behalf, exported, result);
                }
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

    private static async Task<AuditVerification> CompareAsync(
        Invocation call,
        BehalfClient behalf,
        ExportedTrail exported,
        AuditVerification result
    )
    {
        var (faults, removed) = await exported.CompareAsync(behalf.Audit.ListAsync(null, call.Token));
        call.Report.Line(
            $"Of {exported.Count} exported records {exported.Count - removed - faults.Count} are as they were"
                + (removed == 0 ? "." : $", {removed} are older than what the trail keeps.")
        );
        return result with { IsWhole = result.IsWhole && faults.Count == 0, Faults = [.. result.Faults, .. faults] };
    }
}
