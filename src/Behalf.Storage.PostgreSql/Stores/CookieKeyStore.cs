using Behalf.Vault;
using Dapper;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class CookieKeyStore(PostgreSqlDatabase database) : ICookieKeys
{
    public IReadOnlyList<CookieKey> List()
    {
        using NpgsqlConnection connection = database.Connect();
        return connection
            .Query<CookieKey>("SELECT id, element_sealed AS element FROM data_protection_key ORDER BY created_at, id")
            .AsList();
    }

    public void Add(CookieKey key)
    {
        using NpgsqlConnection connection = database.Connect();
        connection.Execute(
            """
            INSERT INTO data_protection_key (id, element_sealed, created_at) VALUES (@Id, @Element, behalf_now())
            ON CONFLICT (id) DO NOTHING
            """,
            key
        );
    }

    public void Replace(CookieKey read, string element)
    {
        using NpgsqlConnection connection = database.Connect();
        connection.Execute(
            "UPDATE data_protection_key SET element_sealed = @anew WHERE id = @Id AND element_sealed = @Element",
            new
            {
                read.Id,
                read.Element,
                anew = element,
            }
        );
    }
}
