using Behalf.Vault;
using BenchmarkDotNet.Attributes;

namespace Behalf.MicroBench;

/// <summary>What opening and sealing one token takes, its account's key unwrapped each time.</summary>
public class VaultBenchmarks
{
    private Rooms _rooms = null!;
    private IVault _vault = null!;
    private AccountKey _key = null!;
    private SealPlace _place = null!;
    private byte[] _sealed = [];
    private readonly Secret _token = Secret.FromText(new string('t', 600));

    [GlobalSetup]
    public async Task SetUp()
    {
        _rooms = await Rooms.OpenAsync();
        _vault = _rooms.Get<IVault>();
        AccountId account = EntityId.New<AccountId>(TimeProvider.System);
        _key = _vault.CreateAccountKey(_rooms.Environment.Id, account);
        _place = new SealPlace(
            _rooms.Environment.Id,
            EntityId.New<ConnectionId>(TimeProvider.System),
            account.Value,
            SealedFields.AccessToken,
            1
        );
        _sealed = _vault.Seal(_key, _place, _token);
    }

    [GlobalCleanup]
    public async Task CleanUp() => await _rooms.DisposeAsync();

    [Benchmark(Description = "vault: open a token")]
    public int Open()
    {
        using Secret token = _vault.Open(_key, _place, _sealed);
        return token.Length;
    }

    [Benchmark(Description = "vault: seal a token")]
    public int Seal() => _vault.Seal(_key, _place, _token).Length;

    [Benchmark(Description = "vault: make an account's key")]
    public int Make() => _vault.CreateAccountKey(_key.Environment, _key.Account).WrappedKey.Length;
}
