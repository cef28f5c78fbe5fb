using System.Security.Cryptography;

namespace Behalf.Vault;

/// <summary>Makes the ring's first keys and opens stored ones with the root key. Safe to call concurrently.</summary>
internal sealed class KeyRing(IKeyRingStore store, RootKeys rootKey, TimeProvider time)
{
    private const int SymmetricKeyLength = 32;
    private const int RsaKeyBits = 2048;

    private static readonly RingKeyKind[] Kinds = Enum.GetValues<RingKeyKind>();
    private static readonly byte[] WrapLabel = "behalf ring key v1"u8.ToArray();

    /// <param name="known">The ring as it was open: what it holds is not unwrapped again.</param>
    /// <exception cref="VaultSealedException">The root key is missing or wrong, or the ring is not whole.</exception>
    public async Task<OpenRing> OpenAsync(OpenRing? known, CancellationToken cancellationToken)
    {
        IReadOnlyList<RingKey> keys = await store.ListAsync(cancellationToken);
        if (keys.Count == 0)
        {
            await store.AddFirstAsync(await CreateFirstAsync(cancellationToken), cancellationToken);
            keys = await store.ListAsync(cancellationToken); // another process may have been first
        }

        List<OpenRingKey> opened = [];
        foreach (RingKey key in keys.Where(key => key.State != RingKeyState.Destroyed))
        {
            opened.Add(
                known is not null && known.Keys.TryGetValue(key.Id, out OpenRingKey? open)
                    ? open with
                    {
                        Stored = key,
                    }
                    : await OpenAsync(key, cancellationToken)
            );
        }

        return new OpenRing(opened);
    }

    /// <summary>A new key of a kind, wrapped, in the state it is asked for.</summary>
    public async Task<RingKey> CreateAsync(RingKeyKind kind, RingKeyState state, CancellationToken cancellationToken)
    {
        byte[] clear = Generate(kind);
        try
        {
            RingKey key = new(EntityId.New<RingKeyId>(time), kind, state, [], rootKey.Kind, time.GetUtcNow());
            return key with { WrappedKey = await rootKey.WrapAsync(clear, Bind(key), cancellationToken) };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    /// <summary>The same key, wrapped by the root key that wraps now.</summary>
    public async Task<byte[]> RewrapAsync(RingKey key, CancellationToken cancellationToken)
    {
        byte[] clear = await rootKey.UnwrapAsync(key, Bind(key), cancellationToken);
        try
        {
            return await rootKey.WrapAsync(clear, Bind(key), cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    private async Task<OpenRingKey> OpenAsync(RingKey key, CancellationToken cancellationToken)
    {
        byte[] clear = await rootKey.UnwrapAsync(key, Bind(key), cancellationToken);
        if (key.Kind is RingKeyKind.Data or RingKeyKind.Mac)
        {
            return clear.Length == SymmetricKeyLength
                ? new OpenRingKey(key, clear, null)
                : throw new VaultSealedException($"Ring key {key.Id} does not have {SymmetricKeyLength} bytes.");
        }

        try
        {
            return new OpenRingKey(key, null, Import(key, clear));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    private static RSA Import(RingKey key, byte[] clear)
    {
        RSA rsa = RSA.Create();
        try
        {
            rsa.ImportPkcs8PrivateKey(clear, out int read);
            if (read == clear.Length && rsa.KeySize >= RsaKeyBits)
            {
                return rsa;
            }
        }
        catch (CryptographicException failure)
        {
            rsa.Dispose();
            throw new VaultSealedException($"Ring key {key.Id} is not an RSA key.", failure);
        }

        rsa.Dispose();
        throw new VaultSealedException($"Ring key {key.Id} is not an RSA key of at least {RsaKeyBits} bits.");
    }

    private async Task<IReadOnlyList<RingKey>> CreateFirstAsync(CancellationToken cancellationToken)
    {
        List<RingKey> keys = [];
        foreach (RingKeyKind kind in Kinds)
        {
            keys.Add(await CreateAsync(kind, RingKeyState.Active, cancellationToken));
        }

        return keys;
    }

    private static byte[] Generate(RingKeyKind kind)
    {
        if (kind is RingKeyKind.Data or RingKeyKind.Mac)
        {
            return RandomNumberGenerator.GetBytes(SymmetricKeyLength);
        }

        using RSA rsa = RSA.Create(RsaKeyBits);
        return rsa.ExportPkcs8PrivateKey();
    }

    // Not the state: it changes while the key stays wrapped.
    private static byte[] Bind(RingKey key) =>
        new AssociatedData(WrapLabel).Id(key.Id.Value).Number((long)key.Kind).Build();
}
