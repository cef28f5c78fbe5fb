namespace Behalf.Vault;

/// <summary>
/// Wraps and unwraps ring keys under the root key: a file, the environment, or a key service. Safe to call concurrently.
/// </summary>
public interface IRootKey
{
    /// <value>Stored beside each wrapped key, such as <c>file</c> or <c>aws-kms:alias/behalf</c>; at most 300 characters.</value>
    string Kind { get; }

    /// <summary>Whether a ring key may have been wrapped by this root key: only then is it asked to unwrap it.</summary>
    bool MayHaveWrapped(RingKey key);

    ValueTask<byte[]> WrapAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> associatedData,
        CancellationToken cancellationToken
    );

    /// <exception cref="VaultSealedException">Not reachable, denied, or the wrong root key.</exception>
    ValueTask<byte[]> UnwrapAsync(
        ReadOnlyMemory<byte> wrapped,
        ReadOnlyMemory<byte> associatedData,
        CancellationToken cancellationToken
    );
}

/// <summary>Root keys of one scheme, such as those of one key service.</summary>
public interface IRootKeySource
{
    /// <value>What a root key's name begins with, before the colon.</value>
    string Scheme { get; }

    /// <param name="name">What follows the colon.</param>
    /// <exception cref="VaultSealedException">The name is not one of this scheme.</exception>
    IRootKey Open(string name);
}
