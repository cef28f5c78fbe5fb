using System.Text;

namespace Behalf.Vault;

/// <summary>
/// The root key as a file: a header line with the key's id, then base64 of 32 random bytes. Owner-only (0600); a file
/// others can read is refused.
/// </summary>
public static class RootKeyFile
{
    private const string Header = "behalf-root-key v1 ";
    private const int MaxLength = 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    public static bool Exists(string path) => File.Exists(path);

    /// <summary>
    /// Makes a new root key. The file is written elsewhere, synced, then linked into place, so it is there whole or not
    /// at all, also after a power cut.
    /// </summary>
    /// <returns>The new key's id, as it stands in the header.</returns>
    /// <exception cref="IOException">There is a file already (it is left as it is), or the folder cannot be written.</exception>
    public static string Create(string path)
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full) ?? throw new IOException($"{path} names no file.");
        RootKeyMaterial material = RootKeyMaterial.Random();
        byte[] content = Encoding.ASCII.GetBytes($"{Header}{material.Id:n}\n{material.ToBase64()}\n");
        string temporary = $"{full}.{Guid.NewGuid():n}.new";
        try
        {
            using (FileStream stream = new(temporary, NewFile()))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: false);
            FolderSync.Flush(folder);
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(content);
            File.Delete(temporary);
        }

        return material.Id.ToString("n");
    }

    /// <exception cref="VaultSealedException">Missing, unreadable, readable by others, or not a root key.</exception>
    internal static RootKeyMaterial Read(string path)
    {
        string text;
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            RefuseOtherReaders(path, stream);
            if (stream.Length > MaxLength)
            {
                throw NotAKey(path, "is too long to be one");
            }

            using StreamReader reader = new(stream, Encoding.ASCII);
            text = reader.ReadToEnd();
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new VaultSealedException(
                $"The root key file {path} is missing. Put it back from its backup; without it nothing in the database can be opened.",
                failure
            )
            {
                MayOpenLater = true,
            };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new VaultSealedException($"The root key file {path} cannot be read: {failure.Message}", failure);
        }

        return Parse(path, text);
    }

    private static RootKeyMaterial Parse(string path, string text)
    {
        string[] lines = text.Split('\n');
        if (lines.Length < 2 || !lines[0].StartsWith(Header, StringComparison.Ordinal))
        {
            throw NotAKey(path, $"does not begin with \"{Header.TrimEnd()}\"");
        }

        if (lines.Skip(2).Any(line => line.Length > 0))
        {
            throw NotAKey(path, "has more lines than a key has");
        }

        if (!RootKeyMaterial.TryParse(lines[1], out RootKeyMaterial? material, out string? problem))
        {
            throw NotAKey(path, problem);
        }

        return lines[0][Header.Length..] == material.Id.ToString("n")
            ? material
            : throw NotAKey(path, "holds another key than its header says");
    }

    private static void RefuseOtherReaders(string path, FileStream stream)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if ((File.GetUnixFileMode(stream.SafeFileHandle) & Others) != UnixFileMode.None)
        {
            throw new VaultSealedException(
                $"Others can read or write the root key file {path}. Run: chmod 600 '{path}' (and make a new installation if someone may have copied it)."
            );
        }
    }

    private static FileStreamOptions NewFile()
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew, // O_CREAT | O_EXCL
            Access = FileAccess.Write,
            Share = FileShare.None,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return options;
    }

    private static VaultSealedException NotAKey(string path, string problem) =>
        new($"The root key file {path} {problem}. Put it back from its backup.");
}
