using System.Text.Json;
using Behalf.Vault;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>
/// Keeps a received pair in a file of its own while the database cannot commit it, so that it outlives the process. The
/// file is sealed by the ring, bound to its account and generation, synced with its folder, and readable by its owner
/// only. Without a folder nothing is kept.
/// </summary>
internal sealed partial class RefreshSpool(IVault vault, IOptions<BehalfOptions> options, ILogger<RefreshSpool> logger)
    : IRingReferences
{
    private const string Pattern = "*.pair";
    private const UnixFileMode OwnerFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private string? Folder => options.Value.SpoolFolder;

    /// <returns>True: it is on the disk.</returns>
    public bool Keep(ReceivedPair pair)
    {
        if (Folder is not { } folder)
        {
            return false;
        }

        try
        {
            Write(folder, pair);
            Log.Kept(logger, pair.Account);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.NotKept(logger, pair.Account, failure);
            return false;
        }
    }

    /// <summary>The pair has its place in the database, or none any more.</summary>
    public void Remove(ReceivedPair pair)
    {
        if (Folder is { } folder)
        {
            Remove(Path.Combine(folder, Name(pair)));
        }
    }

    public void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Found again at the next start, and of no use then: the account's generation has moved on.
            Log.NotRemoved(logger, path, failure);
        }
    }

    public IReadOnlyList<string> List() =>
        Folder is { } folder && Directory.Exists(folder) ? Directory.GetFiles(folder, Pattern) : [];

    /// <returns>Null when it cannot be read: altered, cut off, or sealed by a key that is no more.</returns>
    public SpoolEntry? Read(string path)
    {
        try
        {
            SpoolFile file = JsonSerializer.Deserialize<SpoolFile>(File.ReadAllBytes(path))!;
            using Secret content = vault.Open(file.Place, file.Sealed);
            return new SpoolEntry(file, JsonSerializer.Deserialize<SpooledPair>(content.Reveal())!);
        }
        catch (Exception broken)
            when (broken is JsonException or SealBrokenException or IOException or UnauthorizedAccessException)
        {
            Log.Unreadable(logger, path, broken);
            return null;
        }
    }

    public int CountOf(RingKeyId key) => List().Count(path => RingKeyOf(path) == key);

    /// <summary>They are there for moments; until then the key they need stays.</summary>
    public int MoveFrom(RingKeyId key) => 0;

    private static RingKeyId? RingKeyOf(string path)
    {
        try
        {
            return SealedValue.RingKeyOf(JsonSerializer.Deserialize<SpoolFile>(File.ReadAllBytes(path))!.Sealed);
        }
        catch (Exception gone) when (gone is JsonException or SealBrokenException or IOException)
        {
            return null; // removed meanwhile, or of no use to anyone
        }
    }

    private void Write(string folder, ReceivedPair pair)
    {
        MakeFolder(folder);
        using Secret content = Secret.Own(JsonSerializer.SerializeToUtf8Bytes(SpooledPair.Of(pair)));
        SpoolFile file = new()
        {
            Environment = pair.Environment.Value,
            Connection = pair.Connection.Id.Value,
            Account = pair.Account.Value,
            Generation = pair.Next.Follows + 1,
        };
        file = file with { Sealed = vault.Seal(file.Place, content) };
        string path = Path.Combine(folder, Name(pair));
        string temporary = $"{path}.{Guid.NewGuid():n}.new";
        FileStreamOptions how = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            how.UnixCreateMode = OwnerFile;
        }

        try
        {
            using (FileStream stream = new(temporary, how))
            {
                JsonSerializer.Serialize(stream, file);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            FolderSync.Flush(folder);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerFolder);
        }
    }

    private static string Name(ReceivedPair pair) => $"{pair.Account.Value:n}-{pair.Next.Follows + 1}.pair";

    private static partial class Log
    {
        [LoggerMessage(2231, LogLevel.Warning, "The refreshed tokens of {Account} wait in the spool for the database")]
        public static partial void Kept(ILogger logger, AccountId account);

        [LoggerMessage(
            2232,
            LogLevel.Critical,
            "The refreshed tokens of {Account} can be kept neither in the database nor in the spool: they live in memory alone"
        )]
        public static partial void NotKept(ILogger logger, AccountId account, Exception exception);

        [LoggerMessage(2233, LogLevel.Warning, "{Path} could not be removed from the spool")]
        public static partial void NotRemoved(ILogger logger, string path, Exception exception);

        [LoggerMessage(
            2234,
            LogLevel.Critical,
            "{Path} in the spool cannot be opened; its account is asked about anew"
        )]
        public static partial void Unreadable(ILogger logger, string path, Exception exception);
    }
}

/// <summary>A file of the spool: where the pair belongs in clear, everything else sealed and bound to that place.</summary>
internal sealed record SpoolFile
{
    public int Version { get; init; } = 1;
    public required Guid Environment { get; init; }
    public required Guid Connection { get; init; }
    public required Guid Account { get; init; }
    public required long Generation { get; init; }
    public byte[] Sealed { get; init; } = [];

    internal SealPlace Place =>
        new(
            new EnvironmentId(Environment),
            new ConnectionId(Connection),
            Account,
            SealedFields.SpooledPair,
            Generation
        );
}

internal sealed record SpoolEntry(SpoolFile File, SpooledPair Pair);
