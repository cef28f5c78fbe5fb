using System.Runtime.CompilerServices;
using Behalf.Storage.Sqlite.Engine;
using Behalf.Storage.Sqlite.Schema;
using Behalf.Storage.Sqlite.Stores;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Behalf.Storage.Sqlite;

/// <summary>
/// The embedded database: one writer, many readers, one serving process per folder. The host opens it once before anything
/// reads or writes and disposes it last. Safe to call concurrently.
/// </summary>
public sealed class SqliteDatabase : IDatabase, IAsyncDisposable
{
    private readonly string _path;
    private readonly string _node;
    private readonly TimeProvider _time;
    private readonly ConnectionFactory _factory;
    private readonly SqliteSchema _schema;
    private readonly SemaphoreSlim _opening = new(1, 1);
    private volatile Opened? _opened;
    private volatile ReaderPool? _looking;
    private bool _disposed;

    public SqliteDatabase(IOptions<SqliteStorageOptions> options, IOptions<BehalfOptions> behalf, TimeProvider time)
        : this(options, behalf, time, Embedded) { }

    internal SqliteDatabase(
        IOptions<SqliteStorageOptions> options,
        IOptions<BehalfOptions> behalf,
        TimeProvider time,
        IReadOnlyList<Migration> migrations
    )
    {
        _path = Path.GetFullPath(options.Value.DatabasePath);
        _node = behalf.Value.Node;
        _time = time;
        _factory = new ConnectionFactory(_path, time);
        _schema = new SqliteSchema(migrations);
    }

    /// <summary>
    /// Takes the folder, applies what migrations are pending, ends the leases of the process that had it before, starts the
    /// writer. Repeating it does nothing.
    /// </summary>
    /// <exception cref="StorageUnavailableException">Another process serves the folder, or the file cannot be used.</exception>
    /// <exception cref="SchemaRefusedException">The schema is newer, unknown, altered or half applied; nothing was changed.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_opened is not null)
            {
                return;
            }

            DataFolder folder = DataFolder.Take(_path);
            try
            {
                _opened = Start(folder);
            }
            catch (Exception e)
            {
                folder.Dispose();
                StorageErrors.Throw(e);
            }
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>Loads SQLite as <see cref="OpenAsync"/> does, and touches no file. Whoever opens meanwhile waits for it.</summary>
    public static async Task LoadDriverAsync()
    {
        RuntimeHelpers.RunClassConstructor(typeof(ConnectionFactory).TypeHandle);
        await using SqliteConnection connection = new("Data Source=:memory:;Pooling=false");
        await connection.OpenAsync();
        await connection.ExecuteScalarAsync<long>("SELECT 1");
    }

    /// <inheritdoc />
    public async Task OpenToReadAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_opened is not null)
            {
                throw new InvalidOperationException("The database is open.");
            }

            _looking ??= new ReaderPool(_factory);
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <inheritdoc />
    /// <remarks>
    /// A transaction of the one writer that writes what stands there already, so that it needs room on the disk; on another
    /// thread: its caller's patience is his own.
    /// </remarks>
    public Task RequireWritableAsync(CancellationToken cancellationToken) =>
        Task.Run(
            () =>
                TraceAsync(
                    context => context.Execute("UPDATE schema_migration SET state = state WHERE number = 1"),
                    cancellationToken
                ),
            cancellationToken
        );

    /// <inheritdoc />
    public Task<DatabaseHealth> ExamineAsync(CancellationToken cancellationToken) =>
        ReadAsync(
            connection =>
            {
                string? first = connection.QueryFirstOrDefault<string>("PRAGMA quick_check(1)");
                return new DatabaseHealth(
                    _time.GetUtcNow(),
                    $"SQLite {connection.ServerVersion}",
                    first == "ok" ? [] : [$"the database file is damaged ({first}): put a backup back"]
                );
            },
            cancellationToken
        );

    /// <inheritdoc />
    /// <remarks>One process serves the folder: it is alone already.</remarks>
    public Task AloneAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken) =>
        work(cancellationToken);

    /// <inheritdoc />
    public Task<SchemaStatus> CheckAsync(CancellationToken cancellationToken) =>
        Task.FromResult(File.Exists(_path) ? Look(_schema.Check) : _schema.OfNothing);

    /// <inheritdoc />
    public async Task<IReadOnlyList<int>> MigrateAsync(CancellationToken cancellationToken)
    {
        if (_opened is not null)
        {
            return []; // opening migrated it
        }

        SchemaStatus before = await CheckAsync(cancellationToken);
        await OpenAsync(cancellationToken);
        return before.Pending;
    }

    /// <inheritdoc />
    public Task<string> ScriptAsync(CancellationToken cancellationToken) =>
        Task.FromResult(File.Exists(_path) ? Look(connection => _schema.Script(connection)) : _schema.Script(null));

    /// <summary>
    /// Copies the database as it is at one moment, also while another process serves it, and checks the copy.
    /// </summary>
    /// <param name="file">Must not exist; readable by its owner only.</param>
    /// <exception cref="StorageUnavailableException">The database cannot be read, or the copy is damaged.</exception>
    /// <exception cref="IOException">The file exists or cannot be written; what was begun is removed.</exception>
    public Task BackUpAsync(string file, CancellationToken cancellationToken) =>
        Task.Run(() => Look(connection => DatabaseFiles.BackUp(connection, file)), cancellationToken);

    /// <summary>
    /// Puts a backup in the place of the database, which is kept beside it under another name. Not while anybody serves the
    /// folder.
    /// </summary>
    /// <returns>Where the database that was there is now; null when there was none.</returns>
    /// <exception cref="StorageUnavailableException">Another process serves the folder, or the backup is damaged.</exception>
    /// <exception cref="SchemaRefusedException">The backup is of a newer build, or no database of ours.</exception>
    public async Task<string?> ReplaceAsync(string backup, CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_opened is not null)
            {
                throw new InvalidOperationException("The database is open.");
            }

            using DataFolder folder = DataFolder.Take(_path);
            using (SqliteConnection connection = new ConnectionFactory(backup, _time).OpenReadOnly())
            {
                _schema.Check(connection).Accept();
                DatabaseFiles.RequireWhole(connection);
            }

            return DatabaseFiles.Replace(_path, backup, _time.GetUtcNow());
        }
        catch (SqliteException e)
        {
            StorageErrors.Throw(e);
            throw;
        }
        finally
        {
            _opening.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _opening.WaitAsync();
        try
        {
            _disposed = true;
            _looking?.Dispose();
            if (_opened is { } opened)
            {
                _opened = null;
                await opened.Writer.DisposeAsync();
                opened.Readers.Dispose();
                opened.Folder.Dispose();
            }
        }
        finally
        {
            _opening.Release();
        }
    }

    internal DateTimeOffset Now => _time.GetUtcNow();

    internal static IReadOnlyList<Migration> Embedded { get; } = Migration.EmbeddedIn(typeof(SqliteDatabase).Assembly);

    /// <value>Random per instance: tells what this process began from what a dead one left.</value>
    internal string Process { get; } = Guid.NewGuid().ToString("N");

    internal Task<T> WriteAsync<T>(Func<WriteContext, T> work, CancellationToken cancellationToken) =>
        Current.Writer.WriteAsync(WriteKind.Change, work, cancellationToken);

    internal Task WriteAsync(Action<WriteContext> work, CancellationToken cancellationToken) =>
        WriteAsync(Worked(work), cancellationToken);

    /// <summary>As <see cref="WriteAsync{T}"/>, for work that appends to the trail of calls and changes nothing else.</summary>
    internal Task<T> TraceAsync<T>(Func<WriteContext, T> work, CancellationToken cancellationToken) =>
        Current.Writer.WriteAsync(WriteKind.Trail, work, cancellationToken);

    internal Task TraceAsync(Action<WriteContext> work, CancellationToken cancellationToken) =>
        TraceAsync(Worked(work), cancellationToken);

    /// <summary>As <see cref="TraceAsync{T}"/>, with the next commit or within a moment: nobody waits for it.</summary>
    internal Task TraceSoonAsync(Action<WriteContext> work) =>
        Current.Writer.WriteSoonAsync(WriteKind.Trail, Worked(work));

    /// <summary>Who reads the trail finds in it what was done before he asked, as far as it can be stored.</summary>
    internal async Task SettleAsync(CancellationToken cancellationToken)
    {
        try
        {
            await (_opened?.Writer.SettleAsync(cancellationToken) ?? Task.CompletedTask);
        }
        catch (StorageUnavailableException)
        {
            // What cannot be stored cannot be shown; the rest can.
        }
    }

    /// <summary>
    /// A look-up that calls make again and again: answered from memory until the next change commits. What it gives must
    /// not depend on the time, nor on the trail of calls.
    /// </summary>
    /// <param name="query">Names the look-up; its text, where it has one.</param>
    /// <param name="key">What it is asked for, compared by value.</param>
    /// <param name="keeps">Whether an answer stays true until then; null: each does.</param>
    internal Task<T> RecallAsync<TKey, T>(
        string query,
        TKey key,
        Func<PreparedConnection, TKey, T> read,
        CancellationToken cancellationToken,
        Func<T, bool>? keeps = null
    )
        where TKey : notnull
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        try
        {
            if (_looking is { } looking)
            {
                return Task.FromResult(looking.Read(key, read)); // another process may be writing
            }

            Opened current = Current;
            return current.Memory.Recall(query, key, current.Readers, read, keeps);
        }
        catch (Exception e)
        {
            return Task.FromException<T>(e);
        }
    }

    internal Task<T> ReadAsync<T>(Func<PreparedConnection, T> query, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        try
        {
            return Task.FromResult((_looking ?? Current.Readers).Read(query));
        }
        catch (Exception e)
        {
            return Task.FromException<T>(e);
        }
    }

    private static Func<WriteContext, bool> Worked(Action<WriteContext> work) =>
        context =>
        {
            work(context);
            return true;
        };

    private Opened Current =>
        _opened ?? throw new StorageUnavailableException(StorageFault.Closed, "The database is not open.");

    private Opened Start(DataFolder folder)
    {
        PreparedConnection connection = _factory.OpenWriter();
        try
        {
            _schema.Migrate(connection);
            RefreshStore.EndDeadLeases(connection);
            WriteContext context = new(connection, _time, _node, Process);
            ReadMemory memory = new();
            return new Opened(folder, new WriteQueue(connection, context, memory), new ReaderPool(_factory), memory);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private T Look<T>(Func<SqliteConnection, T> look)
    {
        try
        {
            using SqliteConnection connection = _factory.OpenReadOnly();
            return look(connection);
        }
        catch (SqliteException e)
        {
            StorageErrors.Throw(e);
            throw;
        }
    }

    private sealed record Opened(DataFolder Folder, WriteQueue Writer, ReaderPool Readers, ReadMemory Memory);
}
