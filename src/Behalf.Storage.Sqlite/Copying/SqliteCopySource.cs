using System.Runtime.CompilerServices;
using Behalf.Storage.Copying;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Behalf.Storage.Sqlite.Copying;

/// <summary>An opened database's rows; opening took the folder, so nobody writes meanwhile.</summary>
/// <remarks>Names of tables and columns come from the schemas of the two databases, which are ours.</remarks>
public sealed class SqliteCopySource(SqliteDatabase database) : ICopySource
{
    private const int Bundle = 1_000;

    public async Task<string> IdentityAsync(CancellationToken cancellationToken) =>
        await database.ReadAsync(
            connection => connection.ExecuteScalar<byte[]?>("SELECT min(id) FROM key_ring"),
            cancellationToken
        )
            is { } first
            ? Convert.ToHexStringLower(first)
            : throw new CopyFailedException("The database was never served: it holds no keys.");

    public Task<IReadOnlyList<string>> TablesAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<string>>(
            connection =>
                [
                    .. connection
                        .Query<string>(
                            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
                        )
                        .Where(name => name != SchemaComparison.Ledger),
                ],
            cancellationToken
        );

    public Task<IReadOnlyList<string>> ColumnsAsync(string table, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<string>>(
            connection => [.. connection.Query<string>("SELECT name FROM pragma_table_info(@table)", new { table })],
            cancellationToken
        );

    public async IAsyncEnumerable<object?[]> ReadAsync(
        CopiedTable table,
        long skip,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        object?[]? last = null;
        while (true)
        {
            object?[]? after = last;
            List<object?[]> rows = await database.ReadAsync(
                connection => Read(connection, table, after, after is null ? skip : 0),
                cancellationToken
            );
            foreach (object?[] row in rows)
            {
                yield return row;
            }

            if (rows.Count < Bundle)
            {
                yield break;
            }

            last = rows[^1];
        }
    }

    private static List<object?[]> Read(SqliteConnection connection, CopiedTable table, object?[]? after, long skip)
    {
        string columns = string.Join(", ", table.Columns.Select(column => column.Name));
        string key = string.Join(", ", table.Key);
        using SqliteCommand command = connection.CreateCommand();
        string places = string.Join(", ", table.Key.Select((_, i) => $"@k{i}"));
#pragma warning disable CA2100 // names of our own schema; values are parameters
        command.CommandText =
            $"SELECT {columns} FROM {table.Name} {(after is null ? "" : $"WHERE ({key}) > ({places})")} ORDER BY {key} LIMIT {Bundle} OFFSET {skip}";
#pragma warning restore CA2100
        if (after is not null)
        {
            for (int i = 0; i < table.Key.Count; i++)
            {
                command.Parameters.AddWithValue($"@k{i}", ToColumn(after[IndexOf(table, table.Key[i])]!));
            }
        }

        List<object?[]> rows = [];
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            object?[] row = new object?[table.Columns.Count];
            for (int i = 0; i < row.Length; i++)
            {
                row[i] = reader.IsDBNull(i) ? null : Value(reader, i, table.Columns[i].Type);
            }

            rows.Add(row);
        }

        return rows;
    }

    private static int IndexOf(CopiedTable table, string column)
    {
        for (int i = 0; i < table.Columns.Count; i++)
        {
            if (table.Columns[i].Name == column)
            {
                return i;
            }
        }

        throw new ArgumentException($"{table.Name} has no column {column}.", nameof(column));
    }

    private static object Value(SqliteDataReader reader, int column, CopiedType type) =>
        type switch
        {
            CopiedType.Id => new Guid(reader.GetFieldValue<byte[]>(column), bigEndian: true),
            CopiedType.Number => reader.GetInt64(column),
            CopiedType.Truth => reader.GetInt64(column) != 0,
            CopiedType.Text => reader.GetString(column),
            CopiedType.Bytes => reader.GetFieldValue<byte[]>(column),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such type."),
        };

    private static object ToColumn(object value) =>
        value switch
        {
            Guid id => id.ToByteArray(bigEndian: true),
            bool truth => truth ? 1L : 0L,
            _ => value,
        };
}
