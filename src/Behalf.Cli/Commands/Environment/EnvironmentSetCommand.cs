using System.CommandLine;
using System.Globalization;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Environment;

internal static class EnvironmentSetCommand
{
    private const string On = "on";
    private const string Off = "off";
    private const string Forever = "forever";

    public static Command Create(CommandShell shell)
    {
        var slug = new Argument<string>("slug") { Description = "The environment, as in `behalf env list`." };
        var verify = Choice("--verify", "Who confirms a connecting person.", "application", "hosted", "none");
        var verifyUrl = new Option<string?>("--verify-url")
        {
            Description = "Where people are sent for verification when a link names no place; \"\" for nowhere.",
            HelpName = "URL",
        };
        var readBack = Choice(
            "--read-back",
            "Whether service credentials may read users' tokens (each reading is recorded).",
            On,
            Off
        );
        var errors = Choice("--detailed-errors", "Whether logs of failed calls keep the provider's words.", On, Off);
        var naming = Choice(
            "--tool-naming",
            "How tools are named in lists: with the verb first (create_task) or last (task_create).",
            "behalf",
            "scalekit"
        );
        var retention = new Option<string?>("--audit-retention")
        {
            Description = "For how many days the audit trail is kept, or forever.",
            HelpName = "DAYS",
        };
        return shell.Verb(
            "set",
            "Changes settings of an environment.",
            [slug, verify, verifyUrl, readBack, errors, naming, retention],
            async call =>
            {
                var change = new EnvironmentChange
                {
                    VerifyMode = call.Get(verify),
                    DefaultVerifyUrl = call.Get(verifyUrl),
                    ReadBack = Switch(call.Get(readBack)),
                    DetailedErrorLogging = Switch(call.Get(errors)),
                    ToolNaming = call.Get(naming),
                    AuditRetentionDays = Days(call.Get(retention)),
                };
                if (change == new EnvironmentChange())
                {
                    throw CommandFailure.Usage("Say what to change, for example --tool-naming scalekit.");
                }
                using var behalf = call.ConnectAsOperator();
                var changed = await behalf.Environments.ChangeAsync(call.Require(slug), change, call.Token);
                call.Report.Json(changed);
                call.Report.Line($"Changed the environment \"{changed.Slug}\".");
                if (changed.VerifyMode == "none")
                {
                    call.Report.Line("Nobody confirms who connects: whoever opens a link connects. Development only.");
                }
                if (changed.ReadBack)
                {
                    call.Report.Line("Its service credentials can read users' tokens.");
                }
                if (change.AuditRetentionDays is > 0 and var days)
                {
                    call.Report.Line(
                        $"Audit records older than {days} days are removed from now on; `behalf audit export` keeps them elsewhere."
                    );
                }
                return ExitCode.Ok;
            }
        );
    }

    private static Option<string?> Choice(string name, string description, params string[] values)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = string.Join('|', values) };
        option.AcceptOnlyFromAmong(values);
        return option;
    }

    private static int? Days(string? text) =>
        text is null ? null
        : text == Forever ? 0
        : int.TryParse(text, CultureInfo.InvariantCulture, out var days) && days is >= 1 and <= 36_500 ? days
        : throw CommandFailure.Usage($"--audit-retention is 1–36500 days, or {Forever}.");

    private static bool? Switch(string? word) => word is null ? null : word == On;
}
