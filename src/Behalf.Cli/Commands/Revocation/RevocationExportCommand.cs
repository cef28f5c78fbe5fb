using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Revocation;

internal static class RevocationExportCommand
{
    public static Command Create(CommandShell shell)
    {
        var filter = new RevocationFilterFeature();
        var output = new Option<string?>("--out")
        {
            Description = "A file that does not exist (else standard output).",
            HelpName = "FILE",
        };
        return shell.Verb(
            "export",
            "Writes the ledger as JSON lines; `behalf restore --ledger FILE` corrects a restored backup with it.",
            [.. filter.Options, output],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var entries = behalf.Revocations.ListAsync(filter.Query(call), call.Token);
                await JsonLines.WriteAsync(call, call.Get(output), entries);
                return ExitCode.Ok;
            }
        );
    }
}
