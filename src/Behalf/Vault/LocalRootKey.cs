namespace Behalf.Vault;

/// <summary>
/// The root key from a file or an environment variable. Read again at each use: the ring is opened once, and between
/// times the root key need not be in memory. Safe to call concurrently.
/// </summary>
internal sealed class LocalRootKey(VaultOptions options) : IRootKey
{
    private readonly VaultOptions _options = options;

    public string Kind => Variable is null ? "file" : "environment";

    private string? Variable =>
        _options.RootKeyEnvironmentVariable is { Length: > 0 } name
        && Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
            ? value
            : null;

    /// <summary>
    /// Wraps; when there is no root key and the options allow it, makes the file first. The opener wraps only for a ring
    /// that is empty, so a database with a ring never gets a new root key.
    /// </summary>
    public ValueTask<byte[]> WrapAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> associatedData,
        CancellationToken cancellationToken
    )
    {
        if (_options is { CreateRootKey: true, RootKeyFile: { } path } && Variable is null)
        {
            CreateOnce(path);
        }

        if (
            _options is { CreateRootKey: false, RootKeyFile: { } missing }
            && Variable is null
            && !RootKeyFile.Exists(missing)
        )
        {
            throw new VaultSealedException(
                $"The database has no keys yet and the root key file {missing} does not exist. Make one once with `behalf keys init --out {missing}`, keep a copy, and give every node the same file."
            );
        }

        return ValueTask.FromResult(Load().Wrap(key.Span, associatedData.Span));
    }

    /// <summary>By its id when it can be had; else it may have been this one.</summary>
    public bool MayHaveWrapped(RingKey key)
    {
        if (key.Wrapper is not ("file" or "environment"))
        {
            return false;
        }

        try
        {
            return Load().Id == SealedFormat.KeyIdOf(key.WrappedKey);
        }
        catch (Exception unknown) when (unknown is VaultSealedException or SealBrokenException)
        {
            return true; // unwrapping says what is wrong
        }
    }

    public ValueTask<byte[]> UnwrapAsync(
        ReadOnlyMemory<byte> wrapped,
        ReadOnlyMemory<byte> associatedData,
        CancellationToken cancellationToken
    ) => ValueTask.FromResult(Load().Unwrap(wrapped.Span, associatedData.Span));

    private static void CreateOnce(string path)
    {
        if (RootKeyFile.Exists(path))
        {
            return;
        }

        try
        {
            _ = RootKeyFile.Create(path);
        }
        catch (IOException) when (RootKeyFile.Exists(path))
        {
            // Another process was first; its key is the one.
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new VaultSealedException($"The root key file {path} cannot be created: {failure.Message}", failure);
        }
    }

    private RootKeyMaterial Load()
    {
        RootKeyMaterial? fromFile =
            _options.RootKeyFile is { } path && (Variable is null || RootKeyFile.Exists(path))
                ? RootKeyFile.Read(path)
                : null;
        if (Variable is not { } text)
        {
            return fromFile
                ?? throw new VaultSealedException(
                    $"There is no root key. Set {_options.RootKeyEnvironmentVariable} (base64 of 32 random bytes) or name a root key file; `behalf keys init --out FILE` makes one."
                )
                {
                    MayOpenLater = true,
                };
        }

        if (!RootKeyMaterial.TryParse(text.Trim(), out RootKeyMaterial? fromVariable, out string? problem))
        {
            throw new VaultSealedException(
                $"The root key in {_options.RootKeyEnvironmentVariable} {problem}. Make one with: openssl rand -base64 32"
            );
        }

        if (fromFile is not null && !fromFile.Matches(fromVariable))
        {
            throw new VaultSealedException(
                $"{_options.RootKeyEnvironmentVariable} and the root key file {_options.RootKeyFile} hold different keys. Remove the one that does not belong to this database."
            );
        }

        return fromVariable;
    }
}
