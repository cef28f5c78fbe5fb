using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>The text of a statement that calls run often: one object for each, so that it is found by reference.</summary>
internal sealed class Sql(string text)
{
    public override string ToString() => text;
}

/// <summary>
/// A statement prepared once for its connection's life, bound and read without what a command keeps for the general case.
/// A lock is waited for as long as the connection says. Used by one caller at a time.
/// </summary>
internal sealed class Statement : IDisposable
{
    private const int LongestOnStack = 256;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly string[] _names;

    public Statement(sqlite3 database, Sql sql)
    {
        _database = database;
        Require(raw.sqlite3_prepare_v3(database, sql.ToString(), raw.SQLITE_PREPARE_PERSISTENT, out _statement));
        _names = new string[raw.sqlite3_bind_parameter_count(_statement)];
        for (int i = 0; i < _names.Length; i++)
        {
            _names[i] = raw.sqlite3_bind_parameter_name(_statement, i + 1).utf8_to_string();
        }
    }

    public Statement Bind(string name, byte[]? value)
    {
        int index = IndexOf(name);
        Require(
            value is null ? raw.sqlite3_bind_null(_statement, index)
            : value.Length == 0 ? raw.sqlite3_bind_zeroblob(_statement, index, 0)
            : raw.sqlite3_bind_blob(_statement, index, value)
        );
        return this;
    }

    public Statement Bind(string name, long? value)
    {
        int index = IndexOf(name);
        Require(
            value is { } number
                ? raw.sqlite3_bind_int64(_statement, index, number)
                : raw.sqlite3_bind_null(_statement, index)
        );
        return this;
    }

    public Statement Bind(string name, string? value)
    {
        int index = IndexOf(name);
        if (value is null)
        {
            Require(raw.sqlite3_bind_null(_statement, index));
        }
        else if (value.Length is > 0 and <= LongestOnStack / 3) // an empty span would be bound as null
        {
            Span<byte> utf8 = stackalloc byte[LongestOnStack];
            Require(raw.sqlite3_bind_text(_statement, index, utf8[..Encoding.UTF8.GetBytes(value, utf8)]));
        }
        else
        {
            Require(raw.sqlite3_bind_text(_statement, index, value));
        }

        return this;
    }

    /// <exception cref="SqliteException">It failed.</exception>
    public void Run()
    {
        using Rows rows = Query();
        rows.Read();
    }

    /// <summary>Dispose the rows before the statement is bound again.</summary>
    public Rows Query() => new(this);

    public void Dispose() => _statement.Dispose();

    private int IndexOf(string name)
    {
        int index = Array.IndexOf(_names, name);
        return index >= 0 ? index + 1 : throw new ArgumentException($"The statement has no {name}.", nameof(name));
    }

    private void Require(int result)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }
    }

    /// <summary>What a statement gives, row by row; columns are counted from 0 and may be read as what they hold only.</summary>
    public readonly struct Rows(Statement of) : IDisposable
    {
        /// <exception cref="SqliteException">It failed.</exception>
        public bool Read()
        {
            int result = raw.sqlite3_step(of._statement);
            of.Require(result);
            return result == raw.SQLITE_ROW;
        }

        public bool IsNull(int column) => raw.sqlite3_column_type(of._statement, column) == raw.SQLITE_NULL;

        public long Number(int column) => raw.sqlite3_column_int64(of._statement, column);

        public byte[] Bytes(int column) => raw.sqlite3_column_blob(of._statement, column).ToArray();

        public string Text(int column) => raw.sqlite3_column_text(of._statement, column).utf8_to_string();

        public long? NumberOrNull(int column) => IsNull(column) ? null : Number(column);

        public byte[]? BytesOrNull(int column) => IsNull(column) ? null : Bytes(column);

        public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

        /// <summary>Its result was seen already: what resetting repeats of it is of no interest.</summary>
        public void Dispose()
        {
            raw.sqlite3_reset(of._statement);
            raw.sqlite3_clear_bindings(of._statement);
        }
    }
}
