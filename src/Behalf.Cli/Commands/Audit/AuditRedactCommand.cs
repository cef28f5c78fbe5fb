using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Audit;

internal static class AuditRedactCommand
{
    public static Command Create(CommandShell shell)
    {
        var identifier = Shell.Options.Identifier();
        var sure = new Option<bool>("--yes") { Description = "It cannot be undone: yes." };
        return shell.Verb(
            "redact",
            "Deletes what the trail and the logs say of a user (operator); the records stay and still verify.",
            [identifier, sure],
            async call =>
            {
                var user = call.Require(identifier);
                if (!call.Get(sure))
                {
                    throw CommandFailure.Usage(
                        $"Afterwards nobody can tell what was done for {user}. If that is meant, add --yes."
                    );
                }
                using var behalf = call.ConnectAsOperator();
                var records = await behalf.Audit.RedactAsync(user, call.Token);
                call.Report.Json(new { Records = records });
                call.Report.Line(
                    $"Redacted {records} records. The user's accounts, if there are any, are untouched: `behalf user revoke` first, and redact after it."
                );
                return ExitCode.Ok;
            }
        );
    }
}
