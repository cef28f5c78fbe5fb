using Dapper;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// The lock between calls that start and authority that ends. A bundle of intents holds it shared for its transaction;
/// whoever withdrew something takes it once, alone, after the commit: by then every intent that saw the old state is
/// committed, and all later ones see the new state.
/// </summary>
internal static class Withdrawal
{
    private const long Lock = 0x626568616C660001;

    /// <summary>A column of the first statement of a bundle with calls: what follows it sees everything that was acknowledged before.</summary>
    public static readonly string Share = $"pg_advisory_xact_lock_shared({Lock})";

    private static readonly string Take = $"SELECT pg_advisory_xact_lock({Lock})";

    public static async Task PassAsync(NpgsqlConnection connection)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(Take);
        await transaction.CommitAsync();
    }
}
