namespace Behalf.Storage.Sqlite;

/// <summary>Where the embedded database lives.</summary>
public sealed class SqliteStorageOptions
{
    /// <value>
    /// The database file. Its folder is created with mode 0700 when it is missing, the file with mode 0600; one process
    /// serves a folder at a time.
    /// </value>
    public string DatabasePath { get; set; } = "behalf.db";
}
