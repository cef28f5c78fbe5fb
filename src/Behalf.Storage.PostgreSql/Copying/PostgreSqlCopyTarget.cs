using System.Runtime.CompilerServices;
using Behalf.Storage.Copying;
using Behalf.Storage.PostgreSql.Engine;
using Behalf.Storage.PostgreSql.Schema;
using Dapper;
using Npgsql;
using NpgsqlTypes;

namespace Behalf.Storage.PostgreSql.Copying;

/// <summary>
/// A database without nodes that takes in another one's rows. How far it came stands in a table of its own, and no server
/// starts while that is there.
/// </summary>
/// <remarks>Names of tables and columns come from this schema, which is ours.</remarks>
public sealed class PostgreSqlCopyTarget(string connectionString) : ICopyTarget, IAsyncDisposable
{
    private const string Progress = PostgreSqlSchema.CopyProgress;

    /// <summary>Before the source's identity, in the place of a table's name.</summary>
    private const string SourcePrefix = "from ";

    private const string Columns = """
        SELECT t.relname AS "table", a.attname AS name, format_type(a.atttypid, NULL) AS type,
                  coalesce(array_position(k.conkey, a.attnum), 0) AS place
        FROM pg_class t
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'p'
        WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
        ORDER BY t.relname, a.attnum
        """;

    private const string References = """
        SELECT c.conrelid::regclass::text AS "from", c.confrelid::regclass::text AS "to"
        FROM pg_constraint c
        WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace AND c.conrelid <> c.confrelid
        """;

    private const string Identities = """
        SELECT table_name AS "table", column_name AS name
        FROM information_schema.columns
        WHERE table_schema = current_schema() AND is_identity = 'YES'
        """;

    /// <summary>What a running installation makes for itself.</summary>
    private static readonly HashSet<string> s_own =
    [
        "schema_migration",
        "node",
        "data_protection_key",
        "change_mark",
        Progress,
    ];

    private readonly ConnectionSource _connections = new(connectionString, TimeProvider.System);
    private readonly PostgreSqlSchema _schema = new(PostgreSqlDatabase.Embedded, isCopying: true);
    private readonly Dictionary<(string Table, string Column), NpgsqlDbType> _types = [];

    public ValueTask DisposeAsync() => _connections.DisposeAsync();

    public Task BeginAsync(string source, CancellationToken cancellationToken) =>
        OnAsync(
            async connection =>
            {
                await _schema.MigrateAsync(connection, cancellationToken);
                bool isBegun = await connection.ExecuteScalarAsync<bool>(
                    "SELECT to_regclass(@progress) IS NOT NULL",
                    new { progress = Progress }
                );
                if (!isBegun && await connection.ExecuteScalarAsync<bool>("SELECT EXISTS (SELECT 1 FROM key_ring)"))
                {
                    throw new SchemaRefusedException("The database holds an installation already. Name an empty one.");
                }

                await connection.ExecuteAsync(
                    $"""
                    CREATE TABLE IF NOT EXISTS {Progress} (copied text NOT NULL PRIMARY KEY, rows bigint NOT NULL);
                    INSERT INTO {Progress} (copied, rows) SELECT '{SourcePrefix}' || @source, 0
                    WHERE NOT EXISTS (SELECT 1 FROM {Progress})
                    """,
                    new { source }
                );
                if (
                    !await connection.ExecuteScalarAsync<bool>(
                        $"SELECT EXISTS (SELECT 1 FROM {Progress} WHERE copied = '{SourcePrefix}' || @source)",
                        new { source }
                    )
                )
                {
                    throw new SchemaRefusedException(
                        "The database holds an unfinished copy of another installation. Name an empty one."
                    );
                }

                return true;
            },
            cancellationToken
        );

    public Task<IReadOnlyList<CopiedTable>> TablesAsync(CancellationToken cancellationToken) =>
        OnAsync<IReadOnlyList<CopiedTable>>(
            async connection =>
            {
                ColumnRow[] columns =
                [
                    .. (await connection.QueryAsync<ColumnRow>(Columns)).Where(column => !s_own.Contains(column.Table)),
                ];
                (string From, string To)[] references = [.. await connection.QueryAsync<(string, string)>(References)];
                foreach (ColumnRow column in columns)
                {
                    _types[(column.Table, column.Name)] = TypeOf(column).Stored;
                }

                return InOrder(
                    columns
                        .GroupBy(column => column.Table)
                        .Select(table => new CopiedTable(
                            table.Key,
                            [.. table.Select(column => new CopiedColumn(column.Name, TypeOf(column).Copied))],
                            [.. table.Where(c => c.Place > 0).OrderBy(c => c.Place).Select(c => c.Name)]
                        )),
                    references
                );
            },
            cancellationToken
        );

    public Task<long> WrittenAsync(CopiedTable table, CancellationToken cancellationToken) =>
        OnAsync(
            connection =>
                connection.ExecuteScalarAsync<long>(
                    $"SELECT coalesce(max(rows), 0) FROM {Progress} WHERE copied = @table",
                    new { table = table.Name }
                ),
            cancellationToken
        );

    public Task WriteAsync(
        CopiedTable table,
        IReadOnlyList<object?[]> rows,
        long writtenBefore,
        CancellationToken cancellationToken
    ) =>
        OnAsync(
            async connection =>
            {
                await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
                await using (
                    NpgsqlBinaryImporter import = await connection.BeginBinaryImportAsync(
                        $"COPY {table.Name} ({NamesOf(table)}) FROM STDIN (FORMAT binary)",
                        cancellationToken
                    )
                )
                {
                    NpgsqlDbType[] types = [.. table.Columns.Select(column => _types[(table.Name, column.Name)])];
                    foreach (object?[] row in rows)
                    {
                        await import.StartRowAsync(cancellationToken);
                        for (int i = 0; i < row.Length; i++)
                        {
                            await WriteAsync(import, row[i], types[i], cancellationToken);
                        }
                    }

                    await import.CompleteAsync(cancellationToken);
                }

                await connection.ExecuteAsync(
                    $"""
                    INSERT INTO {Progress} (copied, rows) VALUES (@table, @rows)
                    ON CONFLICT (copied) DO UPDATE SET rows = excluded.rows
                    """,
                    new { table = table.Name, rows = writtenBefore + rows.Count }
                );
                await transaction.CommitAsync(cancellationToken);
                return true;
            },
            cancellationToken
        );

    public async IAsyncEnumerable<object?[]> ReadAsync(
        CopiedTable table,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await _connections.OpenAsync(cancellationToken);
        await using NpgsqlCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // names of our own schema
        command.CommandText = $"SELECT {NamesOf(table)} FROM {table.Name}";
#pragma warning restore CA2100
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            object?[] row = new object?[table.Columns.Count];
            for (int i = 0; i < row.Length; i++)
            {
                object value = reader.GetValue(i);
                row[i] = value switch
                {
                    DBNull => null,
                    int number => (long)number,
                    _ => value,
                };
            }

            yield return row;
        }
    }

    public Task FinishAsync(CancellationToken cancellationToken) =>
        OnAsync(
            async connection =>
            {
                await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
                foreach ((string table, string column) in await connection.QueryAsync<(string, string)>(Identities))
                {
                    await connection.ExecuteAsync(
                        $"""
                        SELECT setval(pg_get_serial_sequence('{table}', '{column}'),
                          (SELECT coalesce(max({column}), 0) + 1 FROM {table}), false)
                        """
                    );
                }

                await connection.ExecuteAsync($"DROP TABLE {Progress}");
                await transaction.CommitAsync(cancellationToken);
                await connection.ExecuteAsync("ANALYZE", commandTimeout: 0, commandType: System.Data.CommandType.Text);
                return true;
            },
            cancellationToken
        );

    private static string NamesOf(CopiedTable table) =>
        string.Join(", ", table.Columns.Select(column => $"\"{column.Name}\""));

    private static Task WriteAsync(
        NpgsqlBinaryImporter import,
        object? value,
        NpgsqlDbType type,
        CancellationToken cancellationToken
    ) =>
        value switch
        {
            null => import.WriteNullAsync(cancellationToken),
            long number when type == NpgsqlDbType.Integer => import.WriteAsync(
                checked((int)number),
                type,
                cancellationToken
            ),
            long number => import.WriteAsync(number, type, cancellationToken),
            Guid id => import.WriteAsync(id, type, cancellationToken),
            bool truth => import.WriteAsync(truth, type, cancellationToken),
            string text => import.WriteAsync(text, type, cancellationToken),
            byte[] bytes => import.WriteAsync(bytes, type, cancellationToken),
            _ => throw new ArgumentException($"A row holds a {value.GetType().Name}.", nameof(value)),
        };

    private static (CopiedType Copied, NpgsqlDbType Stored) TypeOf(ColumnRow column) =>
        column.Type switch
        {
            "uuid" => (CopiedType.Id, NpgsqlDbType.Uuid),
            "bigint" => (CopiedType.Number, NpgsqlDbType.Bigint),
            "integer" => (CopiedType.Number, NpgsqlDbType.Integer),
            "boolean" => (CopiedType.Truth, NpgsqlDbType.Boolean),
            "text" => (CopiedType.Text, NpgsqlDbType.Text),
            "bytea" => (CopiedType.Bytes, NpgsqlDbType.Bytea),
            var other => throw new CopyFailedException(
                $"{column.Table}.{column.Name} is of type {other}, which is not copied."
            ),
        };

    /// <summary>Each table behind those it refers to.</summary>
    private static List<CopiedTable> InOrder(IEnumerable<CopiedTable> tables, (string From, string To)[] references)
    {
        List<CopiedTable> waiting = [.. tables];
        List<CopiedTable> ordered = [];
        while (waiting.Count > 0)
        {
            CopiedTable next = waiting.First(table =>
                !references.Any(reference =>
                    reference.From == table.Name && waiting.Exists(other => other.Name == reference.To)
                )
            );
            waiting.Remove(next);
            ordered.Add(next);
        }

        return ordered;
    }

    private async Task<T> OnAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlConnection connection = await _connections.OpenAsync(cancellationToken);
            return await work(connection);
        }
        catch (Exception e) when (StorageErrors.Translate(e) is not null)
        {
            StorageErrors.Throw(e);
            throw;
        }
    }

    private sealed class ColumnRow
    {
        public required string Table { get; init; }
        public required string Name { get; init; }
        public required string Type { get; init; }
        public required int Place { get; init; }
    }
}
