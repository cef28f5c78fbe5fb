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
                await (
                    call.Get(format) == "csv"
                        ? ExportFile.WriteAsync(call, path, writer => AuditCsv.WriteAsync(writer, records, call.Token))
                        : JsonLines.WriteAsync(call, path, records)
                );
                return ExitCode.Ok;
            }
        );
    }
}
