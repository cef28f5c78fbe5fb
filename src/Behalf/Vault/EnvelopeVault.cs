using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Behalf.Vault;

/// <summary>
/// The vault over a key ring that is opened once. Until then, and while the root key cannot be had, every operation
/// throws <see cref="VaultSealedException"/>. Safe to call concurrently.
/// </summary>
internal sealed class EnvelopeVault(KeyRing keyRing) : IVault, IVaultOpener, IDisposable
{
    private const int DataKeyLength = 32;

    private static readonly byte[] AccountKeyLabel = "behalf account key v1"u8.ToArray();
    private static readonly byte[] AccountValueLabel = "behalf account value v1"u8.ToArray();
    private static readonly byte[] RingValueLabel = "behalf ring value v1"u8.ToArray();

    private readonly SemaphoreSlim _opening = new(1, 1);
    private volatile OpenRing? _ring;

    public bool IsOpen => _ring is not null;

    private OpenRing Ring => _ring ?? throw new VaultSealedException("The vault is sealed: its key ring is not open.");

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            _ring = await keyRing.OpenAsync(_ring, cancellationToken);
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <value>The keys this process holds, with the states it knows; empty while sealed.</value>
    public IReadOnlyCollection<RingKey> HeldKeys => [.. _ring?.Keys.Values.Select(key => key.Stored) ?? []];

    /// <summary>The same data key, wrapped by the ring's active key.</summary>
    /// <exception cref="SealBrokenException">It does not open where it stands.</exception>
    public AccountKey Rewrap(AccountKey key)
    {
        OpenRing ring = Ring;
        byte[] clear = Unwrap(key);
        try
        {
            byte[] wrapped = SealedFormat.Seal(
                ring.ActiveDataKey,
                ring.ActiveData.Value,
                clear,
                BindKey(key.Environment, key.Account)
            );
            return key with { WrappedKey = wrapped, RingKey = ring.ActiveData };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    public AccountKey CreateAccountKey(EnvironmentId environment, AccountId account)
    {
        OpenRing ring = Ring;
        byte[] clear = RandomNumberGenerator.GetBytes(DataKeyLength);
        try
        {
            byte[] wrapped = SealedFormat.Seal(
                ring.ActiveDataKey,
                ring.ActiveData.Value,
                clear,
                BindKey(environment, account)
            );
            return new AccountKey(environment, account, wrapped, ring.ActiveData);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    public byte[] Seal(AccountKey key, SealPlace place, Secret value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(place);
        ArgumentNullException.ThrowIfNull(value);
        if (place.Environment != key.Environment)
        {
            throw new ArgumentException("An account's key seals in the account's environment only.", nameof(place));
        }

        byte[] clear = Unwrap(key);
        try
        {
            return SealedFormat.Seal(
                clear,
                key.Account.Value,
                value.Reveal(),
                Bind(AccountValueLabel, place, key.Account)
            );
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    public Secret Open(AccountKey key, SealPlace place, ReadOnlyMemory<byte> sealedValue)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(place);
        if (place.Environment != key.Environment)
        {
            throw new SealBrokenException("The account's key is of another environment than the value.");
        }

        if (SealedFormat.KeyIdOf(sealedValue.Span) != key.Account.Value)
        {
            throw new SealBrokenException("The value is sealed under another account's key.");
        }

        byte[] clear = Unwrap(key);
        try
        {
            return Secret.Own(SealedFormat.Open(clear, sealedValue.Span, Bind(AccountValueLabel, place, key.Account)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    public byte[] Seal(SealPlace place, Secret value)
    {
        ArgumentNullException.ThrowIfNull(place);
        ArgumentNullException.ThrowIfNull(value);
        OpenRing ring = Ring;
        return SealedFormat.Seal(
            ring.ActiveDataKey,
            ring.ActiveData.Value,
            value.Reveal(),
            Bind(RingValueLabel, place, account: null)
        );
    }

    public Secret Open(SealPlace place, ReadOnlyMemory<byte> sealedValue)
    {
        ArgumentNullException.ThrowIfNull(place);
        Guid id = SealedFormat.KeyIdOf(sealedValue.Span);
        ReadOnlySpan<byte> key = RingWith(id).DataKey(id);
        return Secret.Own(SealedFormat.Open(key, sealedValue.Span, Bind(RingValueLabel, place, account: null)));
    }

    public byte[] Mac(string purpose, ReadOnlySpan<byte> data)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        using PooledBuffer whole = new(4 + purpose.Length + data.Length);
        BinaryPrimitives.WriteInt32BigEndian(whole.GetSpan(4), Encoding.UTF8.GetByteCount(purpose));
        whole.Advance(4);
        Encoding.UTF8.GetBytes(purpose, whole);
        whole.Write(data);
        return HMACSHA256.HashData(Ring.MacKey, whole.WrittenSpan);
    }

    public IReadOnlyList<SigningKey> SigningKeys(SigningPurpose purpose) =>
        purpose switch
        {
            SigningPurpose.Token => Ring.TokenKeys,
            SigningPurpose.Audit => Ring.AuditKeys,
            _ => throw new ArgumentOutOfRangeException(nameof(purpose)),
        };

    public void Dispose() => _opening.Dispose();

    /// <summary>
    /// The ring as it is open, or, where it lacks the key, as it is stored now: a node that was cut off or stood still while
    /// another one rotated must not take what is sealed since for broken.
    /// </summary>
    /// <exception cref="VaultSealedException">A key that was added cannot be opened.</exception>
    private OpenRing RingWith(Guid key)
    {
        OpenRing known = Ring;
        if (known.HoldsData(key))
        {
            return known;
        }

        // Rare, and in the middle of what is not asynchronous. Those that wait here share one reading.
        _opening.Wait();
        try
        {
            if (ReferenceEquals(known, _ring))
            {
                _ring = keyRing.OpenAsync(known, CancellationToken.None).GetAwaiter().GetResult();
            }

            return Ring;
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <returns>The account's data key in clear; the caller clears it.</returns>
    private byte[] Unwrap(AccountKey key)
    {
        if (SealedFormat.KeyIdOf(key.WrappedKey) != key.RingKey.Value)
        {
            throw new SealBrokenException("The account's key is not wrapped by the ring key that stands beside it.");
        }

        byte[] clear = SealedFormat.Open(
            RingWith(key.RingKey.Value).DataKey(key.RingKey.Value),
            key.WrappedKey,
            BindKey(key.Environment, key.Account)
        );
        if (clear.Length == DataKeyLength)
        {
            return clear;
        }

        CryptographicOperations.ZeroMemory(clear);
        throw new SealBrokenException($"The account's key does not have {DataKeyLength} bytes.");
    }

    private static byte[] BindKey(EnvironmentId environment, AccountId account) =>
        new AssociatedData(AccountKeyLabel).Id(environment.Value).Id(account.Value).Build();

    private static byte[] Bind(ReadOnlySpan<byte> label, SealPlace place, AccountId? account) =>
        new AssociatedData(label)
            .Id(place.Environment.Value)
            .Id(place.Connection?.Value)
            .Id(account?.Value)
            .Id(place.Owner)
            .Text(place.Field)
            .Number(place.Generation)
            .Build();
}
