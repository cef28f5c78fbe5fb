using System.Diagnostics.CodeAnalysis;
using Npgsql;
using NpgsqlTypes;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>Statements that travel together, with positional parameters.</summary>
internal static class BatchParameters
{
    /// <param name="values">In the order of $1, $2 …; arrays of nullable values may hold nulls.</param>
    [SuppressMessage("Security", "CA2100", Justification = "Only SQL of this assembly comes here.")]
    public static void Add(this NpgsqlBatch batch, string sql, params ReadOnlySpan<object> values)
    {
        NpgsqlBatchCommand command = new(sql);
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value, NpgsqlDbType = TypeOf(value) });
        }

        batch.BatchCommands.Add(command);
    }

    private static NpgsqlDbType TypeOf(object value) =>
        value switch
        {
            string => NpgsqlDbType.Text,
            long => NpgsqlDbType.Bigint,
            Guid => NpgsqlDbType.Uuid,
            byte[] => NpgsqlDbType.Bytea,
            string?[] => NpgsqlDbType.Array | NpgsqlDbType.Text,
            Guid[] or Guid?[] => NpgsqlDbType.Array | NpgsqlDbType.Uuid,
            long[] or long?[] => NpgsqlDbType.Array | NpgsqlDbType.Bigint,
            bool[] => NpgsqlDbType.Array | NpgsqlDbType.Boolean,
            int[] or int?[] => NpgsqlDbType.Array | NpgsqlDbType.Integer,
            byte[]?[] => NpgsqlDbType.Array | NpgsqlDbType.Bytea,
            _ => throw new ArgumentException($"No column takes a {value.GetType().Name}.", nameof(value)),
        };
}
