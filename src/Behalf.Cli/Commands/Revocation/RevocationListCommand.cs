using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Entry = Behalf.Client.Revocation;

namespace Behalf.Cli.Commands.Revocation;

internal static class RevocationListCommand
{
    public static Command Create(CommandShell shell)
    {
        var filter = new RevocationFilterFeature();
        return shell.Verb(
            "list",
            "Shows which accounts were stopped and what became of their tokens at the provider.",
            filter.Options,
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var entries = await behalf
                    .Revocations.ListAsync(filter.Query(call), call.Token)
                    .ToListAsync(call.Token);
                call.Report.Items(
                    entries,
                    "Nothing was revoked.",
                    new Column<Entry>("STOPPED", entry => When.Text(entry.StoppedAt), KeepsWhole: true),
                    new("USER", entry => entry.Identifier.Length > 0 ? entry.Identifier : "-"),
                    new("CONNECTION", entry => entry.ConnectionName.Length > 0 ? entry.ConnectionName : "-"),
                    new("AT THE PROVIDER", AtProvider)
                );
                return ExitCode.Ok;
            }
        );
    }

    private static string AtProvider(Entry entry) =>
        entry.FinishedAt is null
            ? entry.Attempts == 0
                ? "waiting"
                : $"not yet, {entry.Attempts} tries; next {When.Text(entry.NextAttemptAt)}"
            : entry.Proof switch
            {
                "nothing_to_revoke" => "nothing to revoke",
                "not_revoked_shared_grant" => "kept: another account shares the grant",
                "no_revocation_endpoint" => "forgotten here; the provider has no revocation",
                "provider_says_already_invalid" => "was invalid already",
                "given_up_after_72_hours" => "NOT revoked: given up after 72 hours",
                var proof when proof.StartsWith("provider_status_", StringComparison.Ordinal) =>
                    $"revoked (status {proof["provider_status_".Length..]})",
                var proof => proof,
            };
}
