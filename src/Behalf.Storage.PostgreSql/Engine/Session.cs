using System.Diagnostics.CodeAnalysis;
using Dapper;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>Statements on one connection, one at a time. SQL is of this assembly, every value a parameter.</summary>
internal class Session(NpgsqlConnection connection, CancellationToken cancellationToken)
{
    public NpgsqlConnection Connection => connection;

    /// <returns>How many rows were changed.</returns>
    public Task<int> ExecuteAsync(string sql, object? values = null) => connection.ExecuteAsync(Command(sql, values));

    /// <returns>True when exactly one row was changed.</returns>
    public async Task<bool> ExecuteOneAsync(string sql, object values) => await ExecuteAsync(sql, values) == 1;

    /// <returns>True when the query finds a row.</returns>
    public async Task<bool> HoldsAsync(string sql, object values) =>
        await connection.ExecuteScalarAsync(Command(sql, values)) is not null;

    /// <summary>A look-up by a unique key.</summary>
    /// <returns>The one row, or null.</returns>
    public Task<TRow?> FindAsync<TRow>(string sql, object? values = null)
        where TRow : class => connection.QuerySingleOrDefaultAsync<TRow>(Command(sql, values));

    /// <returns>The one value, or the type's default.</returns>
    public Task<T?> ValueAsync<T>(string sql, object? values = null) =>
        connection.ExecuteScalarAsync<T>(Command(sql, values));

    public async Task<List<TRow>> QueryAsync<TRow>(string sql, object? values = null) =>
        (await connection.QueryAsync<TRow>(Command(sql, values))).AsList();

    private CommandDefinition Command(
        [SuppressMessage("Security", "CA2100", Justification = "Only SQL of this assembly comes here.")] string sql,
        object? values
    ) => new(sql, values, cancellationToken: cancellationToken);
}
