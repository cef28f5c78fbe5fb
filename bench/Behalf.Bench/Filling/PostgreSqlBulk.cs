using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Behalf.Bench.Filling;

/// <summary>By binary COPY. Foreign keys are not checked row by row: who fills makes the rows belong together.</summary>
internal sealed class PostgreSqlBulk : IBulk
{
    private readonly NpgsqlConnection _connection;
    private readonly Dictionary<string, Dictionary<string, string>> _types = new(StringComparer.Ordinal);

    private PostgreSqlBulk(NpgsqlConnection connection) => _connection = connection;

    public static async Task<PostgreSqlBulk> OpenAsync(string database)
    {
        NpgsqlConnection connection = new($"{database};Pooling=false;Command Timeout=0");
        await connection.OpenAsync();
        PostgreSqlBulk bulk = new(connection);
        await bulk.ExecuteAsync(
            "SET synchronous_commit = off; SET session_replication_role = replica; SET maintenance_work_mem = '512MB'"
        );
        return bulk;
    }

    /// <summary>A file of statements as one transaction.</summary>
    public static async Task RunScriptAsync(string database, string file)
    {
        await using PostgreSqlBulk bulk = await OpenAsync(database);
        await bulk.ExecuteAsync("SET session_replication_role = origin");
        await bulk.ExecuteAsync($"BEGIN; {await File.ReadAllTextAsync(file)}; COMMIT");
        await bulk.SettleAsync();
    }

    public object Id(Guid id) => id;

    public async Task<Dictionary<string, object?>> RowAsync(string sql)
    {
        await using NpgsqlCommand command = Command(sql);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return Enumerable
            .Range(0, reader.FieldCount)
            .ToDictionary(reader.GetName, i => reader.IsDBNull(i) ? null : reader.GetValue(i), StringComparer.Ordinal);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = Command(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task LoadAsync(string table, IReadOnlyList<string> columns, IEnumerable<object?[]> rows)
    {
        Dictionary<string, string> types = await TypesAsync(table);
        string[] all = [.. columns.Select(column => types[column])];
        await using NpgsqlBinaryImporter import = await _connection.BeginBinaryImportAsync(
            $"COPY {table} ({string.Join(", ", columns)}) FROM STDIN (FORMAT BINARY)"
        );
        foreach (object?[] row in rows)
        {
            await import.StartRowAsync();
            for (int i = 0; i < row.Length; i++)
            {
                await WriteAsync(import, all[i], row[i]);
            }
        }

        await import.CompleteAsync();
    }

    public async Task<IReadOnlyList<string>> DropIndexesAsync(IReadOnlyList<string> tables)
    {
        List<(string Name, string Definition)> indexes = [];
        await using (
            NpgsqlCommand command = Command(
                """
                SELECT i.indexname, i.indexdef FROM pg_indexes i
                WHERE i.schemaname = current_schema() AND i.tablename = ANY ($1)
                  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)
                  AND i.indexname <> 'refresh_state_owner' -- empty, and a node that lives looks into it every few seconds
                """
            )
        )
        {
            command.Parameters.Add(new NpgsqlParameter { Value = tables.ToArray() });
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                indexes.Add((reader.GetString(0), reader.GetString(1)));
            }
        }

        foreach ((string name, _) in indexes)
        {
            await ExecuteAsync($"DROP INDEX {name}");
        }

        return [.. indexes.Select(index => index.Definition)];
    }

    public Task SettleAsync() => ExecuteAsync("VACUUM (ANALYZE)");

    public async Task<long> BytesAsync()
    {
        await using NpgsqlCommand command = Command("SELECT pg_database_size(current_database())");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <returns>By table, with its indexes; the largest first.</returns>
    public async Task<IReadOnlyList<(string Table, long Bytes)>> TablesAsync()
    {
        await using NpgsqlCommand command = Command(
            """
            SELECT relname, pg_total_relation_size(oid) FROM pg_class
            WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY 2 DESC
            """
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        List<(string, long)> tables = [];
        while (await reader.ReadAsync())
        {
            tables.Add((reader.GetString(0), reader.GetInt64(1)));
        }

        return tables;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static Task WriteAsync(NpgsqlBinaryImporter import, string type, object? value) =>
        (value, type) switch
        {
            (null, _) => import.WriteNullAsync(),
            (_, "bigint") => import.WriteAsync(
                Convert.ToInt64(value, CultureInfo.InvariantCulture),
                NpgsqlDbType.Bigint
            ),
            (_, "integer") => import.WriteAsync(
                Convert.ToInt32(value, CultureInfo.InvariantCulture),
                NpgsqlDbType.Integer
            ),
            (_, "boolean") => import.WriteAsync(
                Convert.ToBoolean(value, CultureInfo.InvariantCulture),
                NpgsqlDbType.Boolean
            ),
            (Guid id, _) => import.WriteAsync(id, NpgsqlDbType.Uuid),
            (byte[] bytes, _) => import.WriteAsync(bytes, NpgsqlDbType.Bytea),
            (string text, _) => import.WriteAsync(text, NpgsqlDbType.Text),
            _ => throw new ArgumentException($"No column is filled with {value.GetType()}.", nameof(value)),
        };

    private async Task<Dictionary<string, string>> TypesAsync(string table)
    {
        if (_types.TryGetValue(table, out Dictionary<string, string>? known))
        {
            return known;
        }

        Dictionary<string, string> types = new(StringComparer.Ordinal);
        await using NpgsqlCommand command = Command(
            """
            SELECT column_name, data_type FROM information_schema.columns
            WHERE table_schema = current_schema() AND table_name = $1
            """
        );
        command.Parameters.Add(new NpgsqlParameter { Value = table });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            types.Add(reader.GetString(0), reader.GetString(1));
        }

        return _types[table] = types;
    }

    private NpgsqlCommand Command(string sql)
    {
        NpgsqlCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // of this folder; names come from the product's own schema
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
