using Behalf.Mcp;
using Behalf.Storage.PostgreSql.Engine;
using Dapper;

namespace Behalf.Storage.PostgreSql.Stores;

/// <summary>The filters of configs and instances as conditions; the SQL is of this class, values are parameters.</summary>
internal static class McpConditions
{
    public static (string Where, DynamicParameters Values) Of(McpConfigFilter filter)
    {
        DynamicParameters values = new(new { environment = filter.Environment.ToColumn() });
        List<string> conditions =
        [
            "environment_id = @environment",
            filter.OfOneUser ? "identifier IS NOT NULL" : "name IS NOT NULL",
        ];
        Add(conditions, values, "id = @configId", "configId", filter.Id?.ToColumn());
        Add(conditions, values, "name = @name", "name", filter.Name);
        Add(conditions, values, "server = @server", "server", filter.Server);
        Add(conditions, values, "identifier = @identifier", "identifier", filter.Identifier?.Value);
        Add(conditions, values, "starts_with(name, @prefix)", "prefix", filter.NamePrefix);
        Add(
            conditions,
            values,
            """
            EXISTS (
              SELECT 1 FROM mcp_mapping m JOIN connection c ON c.environment_id = m.environment_id AND c.id = m.connection_id
              WHERE m.environment_id = @environment AND m.config_id = mcp_config.id AND c.connector = @connector
                AND c.deleted_at IS NULL)
            """,
            "connector",
            filter.Connector
        );
        return (string.Join(" AND ", conditions), values);
    }

    public static (string Where, DynamicParameters Values) Of(McpInstanceFilter filter)
    {
        DynamicParameters values = new(new { environment = filter.Environment.ToColumn() });
        List<string> conditions = ["i.environment_id = @environment"];
        Add(conditions, values, "i.id = @instanceId", "instanceId", filter.Id?.ToColumn());
        Add(conditions, values, "i.name = @name", "name", filter.Name);
        Add(conditions, values, "c.name = @configName", "configName", filter.ConfigName);
        Add(conditions, values, "i.identifier = @identifier", "identifier", filter.Identifier?.Value);
        Add(conditions, values, "starts_with(i.name, @prefix)", "prefix", filter.NamePrefix);
        return (string.Join(" AND ", conditions), values);
    }

    private static void Add(
        List<string> conditions,
        DynamicParameters values,
        string condition,
        string name,
        object? value
    )
    {
        if (value is not null)
        {
            conditions.Add(condition);
            values.Add(name, value);
        }
    }
}
