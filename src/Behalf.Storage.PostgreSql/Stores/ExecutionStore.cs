using Behalf.Audit.Executions;
using Behalf.Storage.PostgreSql.Engine;
using Dapper;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class ExecutionStore(PostgreSqlDatabase database) : IExecutionStore
{
    public Task<bool> ProjectAsync(CancellationToken cancellationToken) =>
        database.WriteAsync(ExecutionProjection.TakeAsync, cancellationToken);

    public Task<Page<Execution>> ListAsync(
        ExecutionFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) =>
        database.ReadTogetherAsync(
            session =>
            {
                (string where, DynamicParameters values) = Conditions(filter);
                return new PageQuery(ExecutionRow.Select, "execution", where, "id").ReadAsync<ExecutionRow, Execution>(
                    session,
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
            async session =>
                (
                    await session.FindAsync<ExecutionRow>(
                        $"{ExecutionRow.Select} WHERE environment_id = @environment AND id = @id",
                        new { environment = environment.ToColumn(), id = execution.ToColumn() }
                    )
                )?.ToExecution(),
            cancellationToken
        );

    public Task<IReadOnlyList<ExecutionCount>> CountAsync(
        ExecutionFilter filter,
        TimeBuckets buckets,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<ExecutionCount>>(
            async session =>
            {
                (string where, DynamicParameters values) = Conditions(filter);
                values.Add("first", buckets.First.ToColumn());
                values.Add("width", buckets.Width.ToColumn());
                return
                [
                    .. (
                        await session.QueryAsync<(
                            long Bucket,
                            string Connector,
                            string Status,
                            string? ErrorCode,
                            long Count
                        )>(
                            $"""
                            SELECT (started_at - @first) / @width, coalesce(connector, ''), status, error_code, count(*)
                            FROM execution WHERE {where} AND ended_at IS NOT NULL
                            GROUP BY 1, 2, 3, 4
                            """,
                            values
                        )
                    ).Select(row => new ExecutionCount(
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
        Narrow("status = ANY (@statuses)", "statuses", ListOrNull(filter.Statuses));
        Narrow("connector = ANY (@connectors)", "connectors", ListOrNull(filter.Connectors));
        Narrow("error_code = ANY (@codes)", "codes", ListOrNull(filter.ErrorCodes));
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

    private static string[]? ListOrNull(IReadOnlyList<string> list) => list.Count == 0 ? null : [.. list];
}
