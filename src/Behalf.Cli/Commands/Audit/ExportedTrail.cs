using System.Text.Json;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Audit;

/// <summary>
/// The records of an earlier export, held against the trail as it is now. Whoever can write the database and sign can make
/// another trail that verifies; the export, kept elsewhere, knows the hashes of the one that was.
/// </summary>
internal sealed class ExportedTrail
{
    private readonly Dictionary<(string Lane, ulong Sequence), string> _hashes = [];

    private ExportedTrail() { }

    public int Count => _hashes.Count;

    /// <exception cref="CommandFailure">The file cannot be read, or a line of it is none of an export.</exception>
    public static async Task<ExportedTrail> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var trail = new ExportedTrail();
        var number = 0;
        try
        {
            await foreach (var line in File.ReadLinesAsync(path, cancellationToken))
            {
                number++;
                trail.Add(line);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Failed($"The export cannot be read: {failure.Message}");
        }
        catch (Exception failure)
            when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw CommandFailure.Failed($"{path}, line {number}: not a line of `behalf audit export`.");
        }
        return trail;
    }

    /// <param name="records">The whole trail; of each lane the oldest first.</param>
    /// <returns>What is not as it was, and how many are no longer kept because the trail of their lane begins later.</returns>
    public async Task<(IReadOnlyList<AuditFault> Faults, int Removed)> CompareAsync(
        IAsyncEnumerable<AuditRecord> records
    )
    {
        var faults = new List<AuditFault>();
        var left = new Dictionary<(string Lane, ulong Sequence), string>(_hashes);
        var first = new Dictionary<string, ulong>(StringComparer.Ordinal);
        await foreach (var record in records)
        {
            first.TryAdd(record.Lane, record.Sequence);
            if (left.Remove((record.Lane, record.Sequence), out var hash) && hash != record.Hash)
            {
                faults.Add(
                    new AuditFault(record.Lane, record.Sequence, "is another record than the one that was exported")
                );
            }
        }
        var missing = left
            .Keys.Where(key => !(first.TryGetValue(key.Lane, out var begin) && key.Sequence < begin))
            .ToArray();
        faults.AddRange(
            missing
                .OrderBy(key => key.Lane, StringComparer.Ordinal)
                .ThenBy(key => key.Sequence)
                .Select(key => new AuditFault(key.Lane, key.Sequence, "was exported and is not in the trail"))
        );
        return (faults, left.Count - missing.Length);
    }

    private void Add(string line)
    {
        using var document = JsonDocument.Parse(line);
        var record = document.RootElement;
        var key = (
            record.GetProperty("lane").GetString() ?? throw new FormatException(),
            record.GetProperty("sequence").GetUInt64()
        );
        _hashes[key] = record.GetProperty("hash").GetString() ?? throw new FormatException();
    }
}
