using Behalf.Bench.Stage;
using Behalf.Identity;
using Behalf.Server.Commands;
using Behalf.Server.Hosting;
using Behalf.Vault;

namespace Behalf.Bench.Filling;

/// <summary>
/// Fills the database of a server that was furnished and stopped: users, accounts that open, connections, environments, a
/// trail that verifies. Nothing is made by a call; every row is like one that a call made.
/// </summary>
internal sealed class FilledDatabase
{
    /// <value>The user with many accounts.</value>
    public const string HeavyUser = "u99999999";

    /// <value>Records of a small environment.</value>
    private const int SmallTrail = 20;

    private static readonly string[] Connection =
    [
        "environment_id",
        "id",
        "name",
        "tool_prefix",
        "client_secret_sealed",
    ];

    private readonly IBulk _bulk;
    private readonly OfflineServices _product;
    private readonly Size _size;
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    private FilledDatabase(IBulk bulk, OfflineServices product, Size size) =>
        (_bulk, _product, _size) = (bulk, product, size);

    /// <param name="life">When the access token of the nth account ends and when it is to be refreshed; null: not in these days.</param>
    /// <returns>Bytes on disk afterwards.</returns>
    public static async Task<long> FillAsync(
        BehalfServer server,
        Size size,
        Func<long, (DateTimeOffset Ends, DateTimeOffset Due)>? life = null
    )
    {
        DataFolder folder = new(server.Data);
        bool isPostgreSql = server.Database.Length > 0;
        await using OfflineServices product = OfflineServices.Open(
            new DatabaseChoice(folder, isPostgreSql ? server.Database : null, isPostgreSql ? server.RootKey : null),
            server.Connectors
        );
        await product.OpenDatabaseAsync(CancellationToken.None);
        await product.Get<IVaultOpener>().OpenAsync(CancellationToken.None);
        await using IBulk bulk = isPostgreSql
            ? await PostgreSqlBulk.OpenAsync(server.Database)
            : await SqliteBulk.OpenAsync(folder.Database);
        await new FilledDatabase(bulk, product, size).RunAsync(life);
        return await bulk.BytesAsync();
    }

    private async Task RunAsync(Func<long, (DateTimeOffset Ends, DateTimeOffset Due)>? life)
    {
        EnvironmentId home = (await _product.Get<IIdentity>().ListEnvironmentsAsync(CancellationToken.None))
            .Single(environment => environment.Slug == "default")
            .Id;
        EnvironmentId[] small = await AddEnvironmentsAsync();
        Place[] places =
        [
            .. Enumerable.Range(0, _size.Connections).Select(i => PlaceIn(home, i)),
            .. small.Select(environment => PlaceIn(environment, 0)),
        ];
        await AddConnectionsAsync(places);
        IReadOnlyList<string> indexes = await _bulk.DropIndexesAsync([.. AccountRows.Tables, .. TrailRows.Tables]);
        Holder[] holders = Holders(places);
        await AddUsersAsync(holders);
        AccountRows accounts = await AccountRows.OfAsync(
            _bulk,
            _product.Get<IVault>(),
            number =>
            {
                (DateTimeOffset ends, DateTimeOffset due) =
                    life?.Invoke(number) ?? (_now + TimeSpan.FromDays(3), _now + TimeSpan.FromDays(2));
                return (ends.ToUnixTimeMilliseconds() * 1_000, due.ToUnixTimeMilliseconds() * 1_000);
            }
        );
        await accounts.LoadAsync(holders);
        if (_size.Records > 0)
        {
            await AddTrailAsync(home, small, holders);
        }

        foreach (string index in indexes)
        {
            await _bulk.ExecuteAsync(index);
        }

        await _bulk.SettleAsync();
    }

    private async Task AddTrailAsync(EnvironmentId home, EnvironmentId[] small, Holder[] holders)
    {
        TrailRows trail = new(_bulk, holders, _now);
        await trail.LoadAsync(home, Math.Max(2, _size.Records - (long)SmallTrail * small.Length) / 2 * 2);
        foreach (EnvironmentId environment in small)
        {
            await trail.LoadAsync(environment, SmallTrail);
        }

        await trail.LoadEventsAsync();
    }

    private static Place PlaceIn(EnvironmentId environment, int number) =>
        new(environment, EntityId.New<ConnectionId>(TimeProvider.System), Place.NameOf(number));

    private async Task<EnvironmentId[]> AddEnvironmentsAsync()
    {
        Template template = await Template.OfAsync(
            _bulk,
            "environment",
            "slug = 'default'",
            "id",
            "slug",
            "name",
            "public_url"
        );
        EnvironmentId[] small =
        [
            .. Enumerable
                .Range(1, _size.Environments - 1)
                .Select(_ => EntityId.New<EnvironmentId>(TimeProvider.System)),
        ];
        await _bulk.LoadAsync(
            template.Table,
            template.Columns,
            small.Select((id, i) => template.Row(_bulk.Id(id.Value), $"e{i + 1:D5}", $"E{i + 1}", null))
        );
        return small;
    }

    private async Task AddConnectionsAsync(Place[] places)
    {
        Template template = await Template.OfAsync(_bulk, "connection", "name = 'bench'", Connection);
        IVault vault = _product.Get<IVault>();
        using Secret secret = Secret.FromText("bench-client-secret");
        await _bulk.LoadAsync(
            template.Table,
            template.Columns,
            places.Select(place =>
                template.Row(
                    _bulk.Id(place.Environment.Value),
                    _bulk.Id(place.Connection.Value),
                    place.Name,
                    place.Name,
                    vault.Seal(
                        new SealPlace(
                            place.Environment,
                            place.Connection,
                            place.Connection.Value,
                            SealedFields.ClientSecret
                        ),
                        secret
                    )
                )
            )
        );
    }

    private async Task AddUsersAsync(Holder[] holders)
    {
        Template template = await Template.OfAsync(
            _bulk,
            "end_user",
            "identifier = 'u0'",
            "environment_id",
            "identifier",
            "created_at"
        );
        await _bulk.LoadAsync(
            template.Table,
            template.Columns,
            holders
                .DistinctBy(holder => (holder.Place.Environment, holder.Identifier))
                .Select(holder =>
                    template.Row(
                        _bulk.Id(holder.Place.Environment.Value),
                        holder.Identifier,
                        Ages.Of(holder.Account.Value)
                    )
                )
        );
    }

    // As accounts come in a life: users one after the other, each on one connection after the other.
    private Holder[] Holders(Place[] places)
    {
        Ages ages = new(_now, _size.Accounts + places.Length);
        Holder Make(Place place, string identifier) => new(place, identifier, AccountId.From(ages.Next()));
        return
        [
            .. Enumerable
                .Range(0, _size.Accounts)
                .Select(i => Make(places[i % Size.PerUser], $"u{i / Size.PerUser:D8}")),
            .. places.Take(_size.Heavy).Select(place => Make(place, HeavyUser)),
            .. places.Skip(_size.Connections).Select(place => Make(place, "u00000000")),
        ];
    }
}
