using Behalf.Connections;
using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

/// <summary>A filter as SQL conditions; every value is a parameter.</summary>
internal static class AccountConditions
{
    /// <value>Greater than every character an identifier may hold.</value>
    private const string AfterAll = "\U0010FFFF";

    /// <summary>
    /// Live accounts <c>a</c> that may live by the same grant as @account of @connection: on the same OAuth client, of the
    /// same provider user, where that is known of both by the same connector; otherwise of the same identifier, since
    /// connectors of one provider may call its user by different names.
    /// </summary>
    public const string SharingGrant = """
        FROM (
          SELECT a.id
          FROM connection mine
          JOIN connection k
            ON k.environment_id = mine.environment_id AND k.connector = mine.connector
            AND k.oauth_url = mine.oauth_url AND k.client_id IS mine.client_id
          JOIN account a
            ON a.environment_id = k.environment_id AND a.connection_id = k.id AND a.provider_user_key = @providerUserKey
          WHERE mine.environment_id = @environment AND mine.id = @connection AND a.deleted_at IS NULL AND a.status = 2
          UNION
          SELECT a.id
          FROM account o
          JOIN account a ON a.environment_id = o.environment_id AND a.identifier = o.identifier
          JOIN connection k ON k.environment_id = a.environment_id AND k.id = a.connection_id
          JOIN connection mine
            ON mine.environment_id = k.environment_id AND mine.id = @connection
            AND mine.oauth_url = k.oauth_url AND mine.client_id IS k.client_id
          WHERE o.environment_id = @environment AND o.id = @account AND a.deleted_at IS NULL AND a.status = 2
            AND CASE WHEN k.connector = mine.connector
              THEN a.provider_user_key IS NULL OR @providerUserKey IS NULL
              ELSE mine.client_id IS NOT NULL END) a
        """;

    /// <summary>Whether an index leads to what these conditions match.</summary>
    public static bool AreNarrow(AccountFilter filter) =>
        filter.Identifier is not null || filter.Connections.Count > 0 || filter.IdentifierPrefix is { Length: > 0 };

    public static (string Where, DynamicParameters Values) Of(AccountFilter filter)
    {
        List<string> where = ["a.environment_id = @environment", "a.deleted_at IS NULL"];
        DynamicParameters values = new();
        values.Add("environment", filter.Environment.ToColumn());
        Equal("a.identifier", "identifier", filter.Identifier?.Value);
        Equal("k.connector", "connector", filter.Connector);
        Equal("a.organization_id", "organization", filter.OrganizationId);
        Equal("a.user_id", "user", filter.UserId);
        if (filter.Connections is { Count: > 0 } connections)
        {
            where.Add(
                """
                a.connection_id IN (
                  SELECT id FROM connection
                  WHERE environment_id = @environment AND name IN @connections AND deleted_at IS NULL)
                """
            );
            values.Add("connections", connections.Select(name => name.Value).ToArray());
        }

        if (filter.IdentifierPrefix is { Length: > 0 } prefix)
        {
            // A range, not LIKE: nothing in the prefix is a wildcard, and the index serves it.
            where.Add("a.identifier >= @prefix AND a.identifier < @afterPrefix");
            values.Add("prefix", prefix);
            values.Add("afterPrefix", prefix + AfterAll);
        }

        if (filter.ExceptStopped)
        {
            where.Add(
                """
                (a.status <> 4 OR EXISTS (
                  SELECT 1 FROM authorization_flow f
                  WHERE f.environment_id = a.environment_id AND f.account_id = a.id AND f.step < 5
                    AND f.expires_at > behalf_now()))
                """
            );
        }

        return (string.Join(" AND ", where), values);

        void Equal(string column, string name, string? value)
        {
            if (value is not null)
            {
                where.Add($"{column} = @{name}");
                values.Add(name, value);
            }
        }
    }
}
