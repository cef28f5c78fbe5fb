using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>
/// A connection that keeps the statements which every call runs: preparing one takes longer than running it. Used by one
/// caller at a time.
/// </summary>
internal sealed class PreparedConnection(string connectionString) : SqliteConnection(connectionString)
{
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly Dictionary<Sql, Statement> _statements = [];
    private readonly Dictionary<(string Sql, Type Row), Func<DbDataReader, object>> _parsers = [];

    /// <summary>Prepared at its first use, for the connection's life.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "Only constants of this assembly come here.")]
    public SqliteCommand Command(string sql)
    {
        if (!_commands.TryGetValue(sql, out SqliteCommand? command))
        {
            command = CreateCommand();
            command.CommandText = sql;
            _commands.Add(sql, command);
        }

        return command;
    }

    /// <summary>Prepared at its first use, for the connection's life.</summary>
    public Statement Statement(Sql sql)
    {
        if (!_statements.TryGetValue(sql, out Statement? statement))
        {
            statement = new Statement(Handle!, sql);
            _statements.Add(sql, statement);
        }

        return statement;
    }

    /// <summary>A look-up by a unique key.</summary>
    /// <returns>The one row, or null.</returns>
    public TRow? Find<TRow>(string sql, params ReadOnlySpan<(string Name, object Value)> values)
        where TRow : class
    {
        List<TRow> rows = Rows<TRow>(sql, values);
        return rows.Count <= 1
            ? rows.FirstOrDefault()
            : throw new InvalidOperationException("A look-up by a unique key found two rows.");
    }

    /// <summary>For what calls ask for often; prepared once, unlike Dapper's own <c>Query</c>.</summary>
    public List<TRow> Rows<TRow>(string sql, params ReadOnlySpan<(string Name, object Value)> values)
        where TRow : class
    {
        SqliteCommand command = Command(sql);
        foreach ((string name, object value) in values)
        {
            command.Bind(name, value);
        }

        List<TRow> rows = [];
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            if (!_parsers.TryGetValue((sql, typeof(TRow)), out Func<DbDataReader, object>? parse))
            {
                parse = reader.GetRowParser(typeof(TRow));
                _parsers.Add((sql, typeof(TRow)), parse);
            }

            rows.Add((TRow)parse(reader));
        }

        return rows;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (SqliteCommand command in _commands.Values)
            {
                command.Dispose();
            }

            _commands.Clear();
            foreach (Statement statement in _statements.Values)
            {
                statement.Dispose();
            }

            _statements.Clear();
        }

        base.Dispose(disposing);
    }
}
