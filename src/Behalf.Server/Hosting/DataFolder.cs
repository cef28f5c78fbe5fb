namespace Behalf.Server.Hosting;

/// <summary>Where a server keeps its files; readable by its owner only.</summary>
internal sealed class DataFolder
{
    private const UnixFileMode OwnerFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public DataFolder(string path) => Root = System.IO.Path.GetFullPath(path);

    /// <value><c>$BEHALF_DATA</c>, else <c>~/.behalf</c>.</value>
    public static string DefaultPath =>
        Environment.GetEnvironmentVariable("BEHALF_DATA") is { Length: > 0 } path
            ? path
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".behalf");

    public string Root { get; }

    public string Database => Path("behalf.db");

    public string RootKey => Path("root.key");

    public string OperatorFile => Path("operator.json");

    public string CredentialsFile => Path("credentials.json");

    public string ServerFile => Path("server.json");

    public string MetricsTokenFile => Path("metrics-token");

    public string TrailFile => Path("trail.json");

    public string Tls => Path("tls");

    public string CookieKeys => Path("cookie-keys");

    public string Spool => Path("spool");

    /// <summary>Makes the folder when it is missing and refuses one that cannot be a server's.</summary>
    /// <param name="holdsDatabase">The database is a file in it.</param>
    /// <exception cref="StartupException">It cannot be written, or holds a root key without the database it belongs to.</exception>
    public void Prepare(bool holdsDatabase)
    {
        MakeFolder(Root);
        if (holdsDatabase && File.Exists(RootKey) && !File.Exists(Database))
        {
            throw new StartupException(
                $"{Root} holds a root key but no database. Put {Database} back from its backup, or choose another --data folder."
            );
        }
    }

    public static void MakeFolder(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, OwnerFolder);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The folder {path} cannot be made: {failure.Message}", failure);
        }
    }

    /// <summary>Writes a file readable by its owner only, whole or not at all, synced before it takes its name.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string temporary = $"{path}.{Guid.NewGuid():n}.new";
        try
        {
            FileStreamOptions options = new()
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
            };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerFile;
            }

            using (FileStream stream = new(temporary, options))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private string Path(string name) => System.IO.Path.Combine(Root, name);
}
