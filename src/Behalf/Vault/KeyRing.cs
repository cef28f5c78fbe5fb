using System.Security.Cryptography;

namespace Behalf.Vault;

/// <summary>Makes the ring's first keys and opens stored ones with the root key. Safe to call concurrently.</summary>
internal sealed class KeyRing(IKeyRingStore store, IRootKey rootKey, TimeProvider time)
{
    private const int SymmetricKeyLength = 32;
    private const int RsaKeyBits = 2048;

    private static readonly RingKeyKind[] Kinds = Enum.GetValues<RingKeyKind>();
    private static readonly byte[] WrapLabel = "behalf ring key v1"u8.ToArray();

    /// <exception cref="VaultSealedException">The root key is missing or wrong, or the ring is not whole.</exception>
    public async Task<OpenRing> OpenAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<RingKey> keys = await store.ListAsync(cancellationToken);
        if (keys.Count == 0)
        {
            await store.AddFirstAsync(await CreateFirstAsync(cancellationToken), cancellationToken);
            keys = await store.ListAsync(cancellationToken); // another process may have been first
        }

        Dictionary<RingKeyId, byte[]> opened = [];
        try
        {
            foreach (RingKey key in keys.Where(key => key.State != RingKeyState.Destroyed))
            {
                opened[key.Id] = await rootKey.UnwrapAsync(key.WrappedKey, Bind(key), cancellationToken);
            }

            return Assemble(keys, opened);
        }
        finally
        {
            // Symmetric keys were copied, signing keys imported.
            foreach (byte[] clear in opened.Values)
            {
                CryptographicOperations.ZeroMemory(clear);
            }
        }
    }

    private static OpenRing Assemble(IReadOnlyList<RingKey> keys, Dictionary<RingKeyId, byte[]> opened) =>
        new(
            Active(keys, RingKeyKind.Data).Id,
            Live(keys, RingKeyKind.Data).ToDictionary(key => key.Id.Value, key => Symmetric(key, opened)),
            Symmetric(Active(keys, RingKeyKind.Mac), opened),
            Signing(keys, RingKeyKind.TokenSigning, opened),
            Signing(keys, RingKeyKind.AuditSigning, opened)
        );

    private static IEnumerable<RingKey> Live(IReadOnlyList<RingKey> keys, RingKeyKind kind) =>
        keys.Where(key => key.Kind == kind && key.State != RingKeyState.Destroyed);

    private static RingKey Active(IReadOnlyList<RingKey> keys, RingKeyKind kind) =>
        keys.Where(key => key.Kind == kind && key.State == RingKeyState.Active).Take(2).ToArray() is [var only]
            ? only
            : throw new VaultSealedException($"The key ring does not have exactly one active key of kind {kind}.");

    private static byte[] Symmetric(RingKey key, Dictionary<RingKeyId, byte[]> opened) =>
        opened[key.Id] is { Length: SymmetricKeyLength } clear
            ? [.. clear]
            : throw new VaultSealedException($"Ring key {key.Id} does not have {SymmetricKeyLength} bytes.");

    /// <returns>The active one first.</returns>
    private static List<SigningKey> Signing(
        IReadOnlyList<RingKey> keys,
        RingKeyKind kind,
        Dictionary<RingKeyId, byte[]> opened
    )
    {
        RingKey active = Active(keys, kind);
        return
        [
            .. Live(keys, kind)
                .OrderByDescending(key => key.Id == active.Id)
                .Select(key => new SigningKey(key.Id, key.Id == active.Id, Import(key, opened[key.Id]))),
        ];
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
            byte[] clear = Generate(kind);
            try
            {
                RingKey key = new(
                    EntityId.New<RingKeyId>(time),
                    kind,
                    RingKeyState.Active,
                    [],
                    rootKey.Kind,
                    time.GetUtcNow()
                );
                keys.Add(key with { WrappedKey = await rootKey.WrapAsync(clear, Bind(key), cancellationToken) });
            }
            finally
            {
                CryptographicOperations.ZeroMemory(clear);
            }
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
