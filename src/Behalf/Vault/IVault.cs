namespace Behalf.Vault;

/// <summary>
/// Keys and bytes; knows no OAuth. Envelope encryption (AES-256-GCM, fresh 96-bit nonce): a value is sealed under a data
/// key, a data key is wrapped by the ring, the ring by the root key. Every ciphertext names its key and is bound to its
/// place by associated data, so a moved or altered value fails closed. Safe to call concurrently.
/// </summary>
public interface IVault
{
    /// <summary>False while the root key cannot be had: then only health answers.</summary>
    bool IsOpen { get; }

    /// <summary>A new data key for one account, wrapped by the ring's active key.</summary>
    AccountKey CreateAccountKey(EnvironmentId environment, AccountId account);

    /// <summary>Seals under an account's own key.</summary>
    byte[] Seal(AccountKey key, SealPlace place, Secret value);

    /// <exception cref="SealBrokenException">The value was altered, moved or sealed under another key.</exception>
    Secret Open(AccountKey key, SealPlace place, ReadOnlyMemory<byte> sealedValue);

    /// <summary>Seals under the ring's active data key: client secrets, verifiers, codes.</summary>
    byte[] Seal(SealPlace place, Secret value);

    /// <exception cref="SealBrokenException">The value was altered, moved or sealed under another key.</exception>
    Secret Open(SealPlace place, ReadOnlyMemory<byte> sealedValue);

    /// <summary>HMAC-SHA-256 under the ring's MAC key for one named purpose: provider user keys, argument digests, page tokens.</summary>
    byte[] Mac(string purpose, ReadOnlySpan<byte> data);

    /// <summary>The RSA key that signs now, and those that still verify.</summary>
    IReadOnlyList<SigningKey> SigningKeys(SigningPurpose purpose);
}

/// <summary>A data key as it is stored: wrapped, with the ring key that wraps it.</summary>
public sealed record AccountKey(EnvironmentId Environment, AccountId Account, byte[] WrappedKey, RingKeyId RingKey);

/// <summary>
/// Where a ciphertext belongs; the associated data of AES-GCM, each part length-prefixed, with format version and key id.
/// </summary>
/// <param name="Environment">The environment.</param>
/// <param name="Connection">The connection, when it has one.</param>
/// <param name="Owner">The row: account, flow, connection or job id.</param>
/// <param name="Field">The field's name, such as <c>access_token</c>.</param>
/// <param name="Generation">The credential's generation; zero for values that have none.</param>
public sealed record SealPlace(
    EnvironmentId Environment,
    ConnectionId? Connection,
    Guid Owner,
    string Field,
    long Generation = 0
);

public enum SigningPurpose
{
    Token = 1,
    Audit = 2,
}

/// <param name="Id">Its <c>kid</c>.</param>
/// <param name="IsActive">Exactly one signs.</param>
/// <param name="Rsa">Private; do not dispose.</param>
public sealed record SigningKey(RingKeyId Id, bool IsActive, System.Security.Cryptography.RSA Rsa);

/// <summary>A ciphertext that does not open where it stands. Fails the one account, raises an alert, never repaired.</summary>
public sealed class SealBrokenException(string message) : Exception(message);

/// <summary>The key service or root key cannot be had now, or is not the one of this database.</summary>
public sealed class VaultSealedException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <value>
    /// True when the same start may succeed later with nothing changed here: the key file is not mounted yet, the key
    /// service is out of reach or refuses at the moment. False for a wrong, altered or made-up key.
    /// </value>
    public bool MayOpenLater { get; init; }
}

/// <summary>Opens the vault at start; the host calls it once before it serves.</summary>
public interface IVaultOpener
{
    /// <summary>
    /// Loads the ring, creating it when the database has none, and checks that every key opens. Called again it takes in
    /// what changed; on failure the ring that was open stays open.
    /// </summary>
    /// <exception cref="VaultSealedException">The root key is missing or wrong; nothing was written.</exception>
    Task OpenAsync(CancellationToken cancellationToken);
}
