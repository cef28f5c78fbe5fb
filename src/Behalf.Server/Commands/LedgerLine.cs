using System.Text.Json;
using Behalf.Server.Hosting;

namespace Behalf.Server.Commands;

/// <summary>What a restore needs of one line of <c>behalf revocation export</c>.</summary>
internal sealed record LedgerLine(EnvironmentId Environment, AccountId Account, long Generation)
{
    private const int LongestLine = 16 * 1024;

    /// <exception cref="StartupException">A line is not one of an export; the message names it.</exception>
    public static async Task<IReadOnlyList<LedgerLine>> ReadAsync(string file, CancellationToken cancellationToken)
    {
        List<LedgerLine> lines = [];
        int number = 0;
        try
        {
            await foreach (string line in File.ReadLinesAsync(file, cancellationToken))
            {
                number++;
                if (!string.IsNullOrWhiteSpace(line))
                {
                    lines.Add(Read(line));
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The ledger cannot be read: {failure.Message}", failure);
        }
        catch (Exception failure)
            when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new StartupException($"{file}, line {number}: not a line of `behalf revocation export`.", failure);
        }

        return lines;
    }

    private static LedgerLine Read(string line)
    {
        if (line.Length > LongestLine)
        {
            throw new FormatException();
        }

        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement entry = document.RootElement;
        return
            EntityId.TryParse(entry.GetProperty("environment_id").GetString(), out EnvironmentId environment)
            && EntityId.TryParse(entry.GetProperty("account_id").GetString(), out AccountId account)
            ? new LedgerLine(environment, account, entry.GetProperty("generation").GetInt64())
            : throw new FormatException();
    }
}
