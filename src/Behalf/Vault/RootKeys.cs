using Microsoft.Extensions.Options;

namespace Behalf.Vault;

/// <summary>
/// The root key that wraps, and those that only unwrap: while the ring moves from one root key to the next, both are
/// there. Safe to call concurrently.
/// </summary>
internal sealed class RootKeys
{
    // The first wraps. Found at first use: an unknown name stops the opening of the vault, not the making of services.
    private readonly Lazy<IReadOnlyList<IRootKey>> _all;

    public RootKeys(IOptions<VaultOptions> options, IEnumerable<IRootKeySource> sources) =>
        _all = new Lazy<IReadOnlyList<IRootKey>>(
            () => Find(options.Value, sources),
            LazyThreadSafetyMode.PublicationOnly
        );

    /// <value>Of the root key that wraps.</value>
    /// <exception cref="VaultSealedException">A name is of no scheme that is known here; so with every member.</exception>
    public string Kind => Current.Kind;

    private IRootKey Current => _all.Value[0];

    public bool IsWrappedByCurrent(RingKey key) => Current.MayHaveWrapped(key);

    public ValueTask<byte[]> WrapAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> associatedData,
        CancellationToken cancellationToken
    ) => Current.WrapAsync(key, associatedData, cancellationToken);

    /// <exception cref="VaultSealedException">By none of the root keys.</exception>
    public ValueTask<byte[]> UnwrapAsync(
        RingKey key,
        ReadOnlyMemory<byte> associatedData,
        CancellationToken cancellationToken
    ) =>
        (_all.Value.FirstOrDefault(root => root.MayHaveWrapped(key)) ?? Current).UnwrapAsync(
            key.WrappedKey,
            associatedData,
            cancellationToken
        );

    private static IReadOnlyList<IRootKey> Find(VaultOptions settings, IEnumerable<IRootKeySource> sources)
    {
        Dictionary<string, IRootKeySource> schemes = sources.ToDictionary(
            source => source.Scheme,
            StringComparer.Ordinal
        );
        IRootKey current = settings.RootKey is { } name ? Open(name, schemes, settings) : new LocalRootKey(settings);
        return [current, .. settings.FurtherRootKeys.Select(further => Open(further, schemes, settings))];
    }

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
