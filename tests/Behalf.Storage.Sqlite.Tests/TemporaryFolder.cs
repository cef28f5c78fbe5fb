namespace Behalf.Storage.Sqlite.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("behalf-storage-").FullName;

    public string Database => System.IO.Path.Combine(Path, "data", "behalf.db");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
