using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Audit;

internal static class AuditExportCommand
{
    public static Command Create(CommandShell shell)
    {
        var filter = new AuditFilterFeature();
        var format = new Option<string>("--format")
        {
            Description = "jsonl (one record per line) or csv (safe to open in a spreadsheet).",
            HelpName = "FORMAT",
            DefaultValueFactory = _ => "jsonl",
        };
        format.AcceptOnlyFromAmong("jsonl", "csv");
        var output = new Option<string?>("--out") { Description = "A file (else standard output).", HelpName = "FILE" };
        return shell.Verb(
            "export",
            "Writes the trail, oldest record first.",
            [.. filter.Options, format, output],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var records = behalf.Audit.ListAsync(filter.Query(call), call.Token);
                var path = call.Get(output);
                await using var file = path is null
                    ? null
                    : new StreamWriter(
                        path,
                        new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write }
                    );
                var writer = file ?? call.Surroundings.Out;
                var count = 0L;
                if (call.Get(format) == "csv")
                {
                    count = await AuditCsv.WriteAsync(writer, records, call.Token);
                }
                else
                {
                    await foreach (var record in records)
                    {
                        await writer.WriteLineAsync(CliJson.Line(record).AsMemory(), call.Token);
                        count++;
                    }
                }
                if (path is not null)
                {
                    call.Report.Json(new { Records = count, File = Path.GetFullPath(path) });
                    call.Report.Line($"Wrote {count} records to {Path.GetFullPath(path)}.");
                }
                return ExitCode.Ok;
            }
        );
    }
}
