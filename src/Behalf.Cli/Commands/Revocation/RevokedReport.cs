using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Revocation;

/// <summary>What was stopped, and where to see what became of it.</summary>
internal static class RevokedReport
{
    public static async Task WriteAsync(Invocation call, IAsyncEnumerable<RevokedAccount> stopped, string whose)
    {
        var accounts = new List<RevokedAccount>();
        await foreach (var account in stopped)
        {
            accounts.Add(account);
            call.Report.Line($"stopped {account.Identifier} at {account.ConnectionName}");
        }
        call.Report.Json(new { Accounts = accounts });
        call.Report.Line(
            accounts.Count == 0
                ? $"Nothing was connected in {whose}."
                : $"Stopped {accounts.Count} accounts of {whose}; `behalf revocation list` shows what the provider confirmed."
        );
    }
}
