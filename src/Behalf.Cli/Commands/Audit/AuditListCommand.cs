using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Audit;

internal static class AuditListCommand
{
    private const int WideEnough = 110;

    public static Command Create(CommandShell shell)
    {
        var filter = new AuditFilterFeature();
        var limit = new Option<int>("--limit")
        {
            Description = "At most so many of the newest records.",
            HelpName = "N",
            DefaultValueFactory = _ => 100,
        };
        return shell.Verb(
            "list",
            "Shows the newest records of the audit trail, oldest first.",
            [.. filter.Options, limit],
            async call =>
            {
                if (call.Get(limit) < 1)
                {
                    throw CommandFailure.Usage("--limit is at least 1.");
                }
                using var behalf = call.ConnectAsService();
                var newest = await behalf.Audit.NewestAsync(call.Get(limit), filter.Query(call), call.Token);
                var isNarrow = call.Surroundings is { OutIsTerminal: true, Width: < WideEnough };
                call.Report.Items(
                    newest,
                    "No records.",
                    new Column<AuditRecord>(
                        "TIME",
                        record => isNarrow ? When.Short(record.At) : When.Text(record.At),
                        KeepsWhole: true
                    ),
                    new("USER", record => Or(record.Identifier)),
                    new("WHAT", record => record.Tool.Length > 0 ? record.Tool : record.Action, KeepsWhole: true),
                    new("RESULT", Result),
                    new("BY", record => By(record, isNarrow))
                );
                return ExitCode.Ok;
            }
        );
    }

    /// <summary>What became of it, in a word for each kind of record.</summary>
    private static string Result(AuditRecord record) =>
        record.Kind switch
        {
            "intent" => record.Decision is "allow" or "" ? "allowed" : record.Decision,
            "request" => "sent",
            "denial" => $"refused: {Or(record.Outcome)}",
            "admin" => record.Outcome is "success" or "" ? "done" : record.Outcome,
            _ => Or(record.Outcome),
        };

    private static string By(AuditRecord record, bool isNarrow) =>
        record.ActingThrough.Length > 0
            ? isNarrow
                ? record.ActingThrough[(record.ActingThrough.IndexOf('·', StringComparison.Ordinal) + 1)..].Trim()
                : record.ActingThrough
            : isNarrow && record.Principal.Length > 12
                ? $"{record.Principal[..11]}…"
                : Or(record.Principal);

    private static string Or(string text) => text.Length > 0 ? text : "-";
}
