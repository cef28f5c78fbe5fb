using Behalf.Vault;
using Dapper;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class CookieKeyStore(PostgreSqlDatabase database) : ICookieKeyStore
{
    public IReadOnlyList<string> List()
    {
        using NpgsqlConnection connection = database.Connect();
        return connection
            .Query<string>("SELECT element_sealed FROM data_protection_key ORDER BY created_at, id")
            .AsList();
    }

    public void Add(Guid id, string sealedElement)
    {
        using NpgsqlConnection connection = database.Connect();
        connection.Execute(
            """
            INSERT INTO data_protection_key (id, element_sealed, created_at) VALUES (@id, @sealedElement, behalf_now())
            ON CONFLICT (id) DO NOTHING
            """,
            new { id, sealedElement }
        );
    }
}
