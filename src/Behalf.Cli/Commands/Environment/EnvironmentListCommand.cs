using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Environment;

internal static class EnvironmentListCommand
{
    public static Command Create(CommandShell shell) =>
        shell.Verb(
            "list",
            "Lists the environments.",
            [],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                call.Report.Items(
                    await behalf.Environments.ListAsync(call.Token),
                    "There is no environment.",
                    new Column<EnvironmentDetails>("SLUG", environment => environment.Slug, KeepsWhole: true),
                    new("NAME", environment => environment.Name),
                    new("VERIFY", environment => environment.VerifyMode),
                    new("READ BACK", environment => environment.ReadBack ? "on" : "off"),
                    new("TOOL NAMES", environment => environment.ToolNaming),
                    new(
                        "AUDIT KEPT",
                        environment => environment.AuditRetentionDays is { } days ? $"{days} days" : "forever"
                    ),
                    new("URL", environment => environment.PublicUrl),
                    new("CREATED", environment => When.Text(environment.CreatedAt))
                );
                return ExitCode.Ok;
            }
        );
}
