using System.CommandLine;
using Behalf.Server.Hosting;
using Behalf.Vault;

namespace Behalf.Server.Commands;

/// <summary><c>behalf doctor</c>: what a start would find, without starting.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        Option<string> data = CommonOptions.Data();
        Option<string?> database = CommonOptions.Database();
        Option<string?> rootKey = CommonOptions.RootKey();
        Option<string?> connectors = CommonOptions.Connectors();
        Option<string[]> origins = new("--allow-private-origin")
        {
            Description = "The private origins the server is started with.",
            DefaultValueFactory = _ => [],
        };
        Option<bool> json = Answer.Json();
        Command command = new("doctor", "Check a data folder: files, modes, schema, keys, connectors.")
        {
            data,
            database,
            rootKey,
            connectors,
            origins,
            json,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    CommonOptions.Chosen(parsed, data, database, rootKey),
                    parsed.GetValue(connectors) ?? ConnectorsFolder.Find(),
                    parsed.GetRequiredValue(origins),
                    new Answer(parsed, json),
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        DatabaseChoice database,
        string connectors,
        IReadOnlyList<string> origins,
        Answer answer,
        CancellationToken cancellationToken
    )
    {
        List<Finding> findings = [.. Files(database), Connectors(connectors)];
        if (database.IsPostgreSql || File.Exists(database.Folder.Database))
        {
            await using OfflineServices offline = OfflineServices.Make(database, connectors);
            findings.Add(await SchemaAsync(offline, cancellationToken));
            findings.Add(await KeysAsync(offline, cancellationToken));
        }

        findings.AddRange(origins.Select(origin => new Finding(true, $"private origin allowed: {origin}")));
        await answer.GiveAsync(
            string.Join(
                Environment.NewLine,
                findings.Select(finding => $"{(finding.IsFine ? "ok  " : "FAIL")}  {finding.Text}")
            ),
            findings
        );

        return findings.TrueForAll(finding => finding.IsFine) ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static IEnumerable<Finding> Files(DatabaseChoice database)
    {
        DataFolder folder = database.Folder;
        yield return Directory.Exists(folder.Root)
            ? Private(folder.Root)
            : new Finding(false, $"{folder.Root} does not exist: behalf serve --data {folder.Root} makes it");
        foreach (
            string file in new[] { folder.Database, database.RootKeyFile, folder.OperatorFile, folder.CredentialsFile }
        )
        {
            if (File.Exists(file))
            {
                yield return Private(file);
            }
        }

        if (
            database is { IsPostgreSql: false, RootKeyName: null }
            && File.Exists(folder.RootKey) != File.Exists(folder.Database)
        )
        {
            yield return new Finding(
                false,
                $"root key and database must both be there: {folder.RootKey}, {folder.Database}"
            );
        }
    }

    private static Finding Private(string path)
    {
        const UnixFileMode Others =
            UnixFileMode.GroupRead
            | UnixFileMode.GroupWrite
            | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead
            | UnixFileMode.OtherWrite
            | UnixFileMode.OtherExecute;
        return OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Others) == UnixFileMode.None
            ? new Finding(true, path)
            : new Finding(false, $"{path} is open to others: chmod go= '{path}'");
    }

    private static Finding Connectors(string folder) =>
        Directory.Exists(folder)
            ? new Finding(
                true,
                $"connectors: {string.Join(", ", Directory.EnumerateDirectories(folder).Select(Path.GetFileName).Order())}"
            )
            : new Finding(false, $"no connectors folder at {folder}: name it with --connectors");

    private static async Task<Finding> SchemaAsync(OfflineServices offline, CancellationToken cancellationToken)
    {
        SchemaStatus status = await offline.Get<IDatabaseSchema>().CheckAsync(cancellationToken);
        return new Finding(status.Problem is null, status.Problem ?? $"schema {status.Current} of {status.Latest}");
    }

    private static async Task<Finding> KeysAsync(OfflineServices offline, CancellationToken cancellationToken)
    {
        if (!(await offline.Get<IDatabaseSchema>().CheckAsync(cancellationToken)).IsCurrent)
        {
            return new Finding(true, "key ring: not read, the schema is not current");
        }

        try
        {
            await offline.OpenDatabaseAsync(cancellationToken);
            IReadOnlyList<RingKey> keys = await offline.Get<IKeyRingStore>().ListAsync(cancellationToken);
            return new Finding(keys.Count > 0, $"key ring: {keys.Count} keys");
        }
        catch (StorageUnavailableException failure)
        {
            return new Finding(true, $"key ring: not read. {failure.Message}");
        }
    }

    private sealed record Finding(bool IsFine, string Text);
}
