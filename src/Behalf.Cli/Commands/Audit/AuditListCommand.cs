using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Audit;

internal static class AuditListCommand
{
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
                var newest = new Queue<AuditRecord>();
                await foreach (var record in behalf.Audit.ListAsync(filter.Query(call), call.Token))
                {
                    newest.Enqueue(record);
                    if (newest.Count > call.Get(limit))
                    {
                        newest.Dequeue();
                    }
                }
                call.Report.Items(
                    [.. newest],
                    "No records.",
                    new Column<AuditRecord>("TIME", record => When.Text(record.At), KeepsWhole: true),
                    new("KIND", record => record.Kind),
                    new("USER", record => Or(record.Identifier)),
                    new("BY", record => Or(record.ActingThrough.Length > 0 ? record.ActingThrough : record.Principal)),
                    new("WHAT", record => record.Tool.Length > 0 ? record.Tool : record.Action),
                    new("DECISION", record => Or(record.Decision)),
                    new("OUTCOME", record => Or(record.Outcome))
                );
                return ExitCode.Ok;
            }
        );
    }

    private static string Or(string text) => text.Length > 0 ? text : "-";
}
