using System.Globalization;
using Behalf.Cli.Output;
using Behalf.Client;
using CsvHelper;
using CsvHelper.Configuration;

namespace Behalf.Cli.Commands.Audit;

/// <summary>RFC 4180, with every cell that a spreadsheet would run as a formula made text by a leading apostrophe.</summary>
internal static class AuditCsv
{
    private static readonly (string Name, Func<AuditRecord, string> Value)[] s_columns =
    [
        ("at", record => record.At?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) ?? ""),
        ("lane", record => record.Lane),
        ("sequence", record => record.Sequence.ToString(CultureInfo.InvariantCulture)),
        ("kind", record => record.Kind),
        ("action", record => record.Action),
        ("identifier", record => record.Identifier),
        ("principal", record => record.Principal),
        ("acting_through", record => record.ActingThrough),
        ("agent_run_id", record => record.AgentRunId),
        ("connection", record => record.Connection),
        ("account_id", record => record.AccountId),
        ("tool", record => record.Tool),
        ("argument_digest", record => record.ArgumentDigest),
        ("execution_id", record => record.ExecutionId),
        ("decision", record => record.Decision),
        ("outcome", record => record.Outcome),
        ("provider_status", record => record.ProviderStatus?.ToString(CultureInfo.InvariantCulture) ?? ""),
        ("detail", record => record.Detail),
        ("hash", record => record.Hash),
        ("is_redacted", record => record.IsRedacted ? "true" : "false"),
    ];

    /// <returns>How many records were written.</returns>
    public static async Task<long> WriteAsync(
        TextWriter writer,
        IAsyncEnumerable<AuditRecord> records,
        CancellationToken cancellationToken
    )
    {
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            InjectionOptions = InjectionOptions.Escape,
            NewLine = "\r\n",
        };
        await using var csv = new CsvWriter(writer, configuration, leaveOpen: true);
        foreach (var column in s_columns)
        {
            csv.WriteField(column.Name);
        }
        await csv.NextRecordAsync();
        var count = 0L;
        await foreach (var record in records.WithCancellation(cancellationToken))
        {
            foreach (var column in s_columns)
            {
                csv.WriteField(Inert.Line(column.Value(record)));
            }
            await csv.NextRecordAsync();
            count++;
        }
        return count;
    }
}
