using Microsoft.Extensions.Options;

namespace Behalf.Vault;

/// <summary>
/// The root key that wraps, and those that only unwrap: while the ring moves from one root key to the next, both are
/// there. Safe to call concurrently.
/// </summary>
internal sealed class RootKeys
{
    private readonly IRootKey _current;
    private readonly IReadOnlyList<IRootKey> _all;

    /// <exception cref="VaultSealedException">A name is of no scheme that is known here.</exception>
    public RootKeys(IOptions<VaultOptions> options, IEnumerable<IRootKeySource> sources)
    {
        VaultOptions settings = options.Value;
        Dictionary<string, IRootKeySource> schemes = sources.ToDictionary(
            source => source.Scheme,
            StringComparer.Ordinal
        );
        _current = settings.RootKey is { } name ? Open(name, schemes, settings) : new LocalRootKey(settings);
        _all = [_current, .. settings.FurtherRootKeys.Select(further => Open(further, schemes, settings))];
    }

    /// <value>Of the root key that wraps.</value>
    public string Kind => _current.Kind;

    public bool IsWrappedByCurrent(RingKey key) => _current.MayHaveWrapped(key);

    public ValueTask<byte[]> WrapAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> associatedData,
        CancellationToken cancellationToken
    ) => _current.WrapAsync(key, associatedData, cancellationToken);

    /// <exception cref="VaultSealedException">By none of the root keys.</exception>
    public ValueTask<byte[]> UnwrapAsync(
        RingKey key,
        ReadOnlyMemory<byte> associatedData,
        CancellationToken cancellationToken
    ) =>
        (_all.FirstOrDefault(root => root.MayHaveWrapped(key)) ?? _current).UnwrapAsync(
            key.WrappedKey,
            associatedData,
            cancellationToken
        );

    private static IRootKey Open(string name, Dictionary<string, IRootKeySource> schemes, VaultOptions settings)
    {
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        string scheme = colon > 0 ? name[..colon] : string.Empty;
        string rest = name[(colon + 1)..];
        return scheme switch
        {
            "file" => new LocalRootKey(
                new VaultOptions
                {
                    RootKeyFile = rest,
                    RootKeyEnvironmentVariable = string.Empty,
                    CreateRootKey = settings.CreateRootKey && settings.RootKey == name,
                }
            ),
            "env" => new LocalRootKey(new VaultOptions { RootKeyEnvironmentVariable = rest }),
            _ when schemes.TryGetValue(scheme, out IRootKeySource? source) => source.Open(rest),
            _ => throw new VaultSealedException(
                $"\"{name}\" names no root key. Use file:PATH, env:VARIABLE{string.Concat(schemes.Keys.Order().Select(known => $", {known}:…"))}."
            ),
        };
    }
}
