using System.Text;
using Behalf.Bench.Stage;
using Behalf.Vault;

namespace Behalf.Bench.Filling;

/// <summary>
/// Accounts with their data key, tokens, refresh state and last use, sealed by the product's vault: each opens, and each
/// token is its user's own.
/// </summary>
internal sealed class AccountRows
{
    private const int PortionSize = 20_000;

    private readonly IBulk _bulk;
    private readonly IVault _vault;
    private readonly Template _account;
    private readonly Template _key;
    private readonly Template _credential;
    private readonly Template _refresh;
    private readonly Func<long, (long Ends, long Due)> _life;

    private AccountRows(IBulk bulk, IVault vault, Template[] templates, Func<long, (long Ends, long Due)> life)
    {
        (_bulk, _vault, _life) = (bulk, vault, life);
        (_account, _key, _credential, _refresh) = (templates[0], templates[1], templates[2], templates[3]);
    }

    /// <value>The tables that are filled.</value>
    public static IReadOnlyList<string> Tables { get; } =
    ["account", "account_dek", "credential", "refresh_state", "account_use"];

    /// <param name="life">When the access token of the nth account ends and when it is to be refreshed, in microseconds.</param>
    public static async Task<AccountRows> OfAsync(IBulk bulk, IVault vault, Func<long, (long Ends, long Due)> life)
    {
        const string Model = """
            (SELECT a.id FROM account a JOIN connection k ON k.id = a.connection_id
             WHERE k.name = 'bench' AND a.identifier = 'u0')
            """;
        return new AccountRows(
            bulk,
            vault,
            [
                await Template.OfAsync(
                    bulk,
                    "account",
                    $"id = {Model}",
                    "environment_id",
                    "id",
                    "connection_id",
                    "identifier",
                    "provider_user_key",
                    "provider_user_name",
                    "created_at",
                    "updated_at"
                ),
                await Template.OfAsync(
                    bulk,
                    "account_dek",
                    $"account_id = {Model}",
                    "environment_id",
                    "account_id",
                    "wrapped_key",
                    "ring_key_id"
                ),
                await Template.OfAsync(
                    bulk,
                    "credential",
                    $"account_id = {Model}",
                    "environment_id",
                    "account_id",
                    "generation",
                    "access_sealed",
                    "refresh_sealed",
                    "access_expires_at",
                    "created_at"
                ),
                await Template.OfAsync(
                    bulk,
                    "refresh_state",
                    $"account_id = {Model}",
                    "environment_id",
                    "account_id",
                    "due_at",
                    "not_before"
                ),
            ],
            life
        );
    }

    /// <param name="holders">In the order of their ids.</param>
    public async Task LoadAsync(IEnumerable<Holder> holders)
    {
        foreach (Portion portion in Ahead.Of(holders.Chunk(PortionSize).Select(Seal), portions: 1))
        {
            await _bulk.LoadAsync("account", _account.Columns, portion.Accounts);
            await _bulk.LoadAsync("account_dek", _key.Columns, portion.Keys);
            await _bulk.LoadAsync("credential", _credential.Columns, portion.Credentials);
            await _bulk.LoadAsync("refresh_state", _refresh.Columns, portion.Refreshes);
            await _bulk.LoadAsync("account_use", ["environment_id", "account_id", "last_used_at"], portion.Uses);
        }
    }

    private Portion Seal(Holder[] holders, int number)
    {
        Portion portion = new([], [], [], [], []);
        for (int i = 0; i < holders.Length; i++)
        {
            Add(holders[i], (long)number * PortionSize + i, portion);
        }

        return portion;
    }

    private void Add(Holder holder, long number, Portion portion)
    {
        (Place place, string identifier, AccountId id) = holder;
        object environment = _bulk.Id(place.Environment.Value);
        object account = _bulk.Id(id.Value);
        long made = Ages.Of(id.Value);
        long generation = Convert.ToInt64(_credential["generation"], System.Globalization.CultureInfo.InvariantCulture);
        (long ends, long due) = _life(number);

        AccountKey key = _vault.CreateAccountKey(place.Environment, id);
        SealPlace Of(string field) => new(place.Environment, place.Connection, id.Value, field, generation);
        using Secret access = Secret.FromText(BehalfServer.ProviderToken(identifier));
        using Secret refresh = Secret.FromText($"refresh.{identifier}.0123456789abcdef0123456789abcdef");
        string userKey = Convert.ToHexStringLower(
            _vault.Mac("bench provider user", Encoding.UTF8.GetBytes($"{place.Name} {identifier}"))
        );

        portion.Accounts.Add(
            _account.Row(
                environment,
                account,
                _bulk.Id(place.Connection.Value),
                identifier,
                userKey,
                identifier,
                made,
                made
            )
        );
        portion.Keys.Add(_key.Row(environment, account, key.WrappedKey, _bulk.Id(key.RingKey.Value)));
        portion.Credentials.Add(
            _credential.Row(
                environment,
                account,
                generation,
                _vault.Seal(key, Of(SealedFields.AccessToken), access),
                _vault.Seal(key, Of(SealedFields.RefreshToken), refresh),
                ends,
                made
            )
        );
        portion.Refreshes.Add(_refresh.Row(environment, account, due, null));
        portion.Uses.Add([environment, account, made]);
    }

    private sealed record Portion(
        List<object?[]> Accounts,
        List<object?[]> Keys,
        List<object?[]> Credentials,
        List<object?[]> Refreshes,
        List<object?[]> Uses
    );
}
