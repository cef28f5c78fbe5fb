using Microsoft.Data.Sqlite;

namespace Behalf.Bench.Filling;

/// <summary>By prepared inserts, in large transactions without a sync; nobody else writes meanwhile.</summary>
internal sealed class SqliteBulk : IBulk
{
    /// <value>Rows in one transaction: the log of changes stays small.</value>
    private const int Together = 50_000;

    private readonly string _file;
    private readonly SqliteConnection _connection;

    private SqliteBulk(string file, SqliteConnection connection) => (_file, _connection) = (file, connection);

    public static async Task<SqliteBulk> OpenAsync(string file)
    {
        SqliteConnection connection = new($"Data Source={file};Pooling=False;Foreign Keys=False");
        await connection.OpenAsync();
        SqliteBulk bulk = new(file, connection);
        await bulk.ExecuteAsync("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA secure_delete = OFF");
        return bulk;
    }

    public object Id(Guid id) => id.ToByteArray(bigEndian: true);

    public async Task<Dictionary<string, object?>> RowAsync(string sql)
    {
        await using SqliteCommand command = Command(sql);
        await using SqliteDataReader reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return Enumerable
            .Range(0, reader.FieldCount)
            .ToDictionary(reader.GetName, i => reader.IsDBNull(i) ? null : reader.GetValue(i), StringComparer.Ordinal);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using SqliteCommand command = Command(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task LoadAsync(string table, IReadOnlyList<string> columns, IEnumerable<object?[]> rows)
    {
        await ExecuteAsync("BEGIN");
        await using SqliteCommand insert = Command(
            $"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES ({string.Join(", ", columns.Select((_, i) => $"@p{i}"))})"
        );
        SqliteParameter[] parameters =
        [
            .. columns.Select((_, i) => insert.Parameters.Add(new SqliteParameter { ParameterName = $"@p{i}" })),
        ];
        int inserted = 0;
        foreach (object?[] row in rows)
        {
            for (int i = 0; i < row.Length; i++)
            {
                parameters[i].Value = row[i] ?? DBNull.Value;
            }

            insert.ExecuteNonQuery();
            if (++inserted % Together == 0)
            {
                await ExecuteAsync("COMMIT; BEGIN");
            }
        }

        await ExecuteAsync("COMMIT");
    }

    public async Task<IReadOnlyList<string>> DropIndexesAsync(IReadOnlyList<string> tables)
    {
        List<(string Name, string Definition)> indexes = [];
        await using (
            SqliteCommand command = Command(
                "SELECT tbl_name, name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
            )
        )
        {
            await using SqliteDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                if (tables.Contains(reader.GetString(0)))
                {
                    indexes.Add((reader.GetString(1), reader.GetString(2)));
                }
            }
        }

        // Dropping an index takes what the planner was told of it along.
        await ExecuteAsync("CREATE TEMP TABLE told AS SELECT * FROM sqlite_stat1");
        foreach ((string name, _) in indexes)
        {
            await ExecuteAsync($"DROP INDEX {name}");
        }

        return
        [
            .. indexes.Select(index => index.Definition),
            "DELETE FROM sqlite_stat1",
            "INSERT INTO sqlite_stat1 SELECT * FROM told",
            "DROP TABLE told",
        ];
    }

    public Task SettleAsync() => ExecuteAsync("PRAGMA wal_checkpoint(TRUNCATE)");

    public Task<long> BytesAsync() =>
        Task.FromResult(
            new[] { _file, $"{_file}-wal" }.Select(file => new FileInfo(file)).Where(f => f.Exists).Sum(f => f.Length)
        );

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private SqliteCommand Command(string sql)
    {
        SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // of this folder; names come from the product's own schema
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
