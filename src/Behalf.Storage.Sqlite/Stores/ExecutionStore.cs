using Behalf.Audit.Executions;
using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class ExecutionStore(SqliteDatabase database) : IExecutionStore
{
    public Task<bool> ProjectAsync(CancellationToken cancellationToken) =>
        database.WriteAsync(ExecutionProjection.Take, cancellationToken);

    public Task<Page<Execution>> ListAsync(
        ExecutionFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
            {
                (string where, DynamicParameters values) = Conditions(filter);
                return new PageQuery(ExecutionRow.Select, "execution", where, "id").Read<ExecutionRow, Execution>(
                    connection,
                    values,
                    page,
                    row => row.ToExecution()
                );
            },
            cancellationToken
        );

    public Task<Execution?> FindAsync(
        EnvironmentId environment,
        ExecutionId execution,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                connection
                    .Find<ExecutionRow>(
                        $"{ExecutionRow.Select} WHERE environment_id = @environment AND id = @id",
                        ("@environment", environment.ToColumn()),
                        ("@id", execution.ToColumn())
                    )
                    ?.ToExecution(),
            cancellationToken
        );

    public Task<IReadOnlyList<ExecutionCount>> CountAsync(
        ExecutionFilter filter,
        TimeBuckets buckets,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<ExecutionCount>>(
            connection =>
            {
                (string where, DynamicParameters values) = Conditions(filter);
                values.Add("first", buckets.First.ToColumn());
                values.Add("width", buckets.Width.ToColumn());
                return
                [
                    .. connection
                        .Query<(long Bucket, string Connector, string Status, string? ErrorCode, long Count)>(
                            $"""
                            SELECT (started_at - @first) / @width, coalesce(connector, ''), status, error_code, count(*)
                            FROM execution WHERE {where} AND ended_at IS NOT NULL
                            GROUP BY 1, 2, 3, 4
                            """,
                            values
                        )
                        .Select(row => new ExecutionCount(
                            row.Bucket,
                            row.Connector,
                            row.Status,
                            row.ErrorCode,
                            row.Count
                        )),
                ];
            },
            cancellationToken
        );

    private static (string Where, DynamicParameters Values) Conditions(ExecutionFilter filter)
    {
        List<string> where = ["environment_id = @environment"];
        DynamicParameters values = new();
        values.Add("environment", filter.Environment.ToColumn());
        Narrow("started_at >= @from", "from", filter.From?.ToColumn());
        Narrow("started_at < @to", "to", filter.To?.ToColumn());
        Narrow("status IN @statuses", "statuses", ListOrNull(filter.Statuses));
        Narrow("connector IN @connectors", "connectors", ListOrNull(filter.Connectors));
        Narrow("error_code IN @codes", "codes", ListOrNull(filter.ErrorCodes));
        Narrow("connection_id = @connection", "connection", filter.Connection?.ToColumn());
        Narrow("connection_name = @name", "name", filter.ConnectionName);
        Narrow("account_id = @account", "account", filter.Account?.ToColumn());
        Narrow("identifier = @identifier", "identifier", filter.Identifier);
        Narrow("agent_run = @run", "run", filter.AgentRun);
        return (string.Join(" AND ", where), values);

        void Narrow(string condition, string name, object? value)
        {
            if (value is not null)
            {
                where.Add(condition);
                values.Add(name, value);
            }
        }
    }

    private static IReadOnlyList<string>? ListOrNull(IReadOnlyList<string> list) => list.Count == 0 ? null : list;
}
