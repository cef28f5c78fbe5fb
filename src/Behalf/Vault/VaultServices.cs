using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Vault;

public static class VaultServices
{
    /// <summary>
    /// The vault. It is sealed until <see cref="IVaultOpener.OpenAsync"/>; needs an <see cref="IKeyRingStore"/> and, to
    /// rotate, an <see cref="IRingSealedStore"/>. Key services are added as <see cref="IRootKeySource"/>.
    /// </summary>
    public static IServiceCollection AddVault(this IServiceCollection services, Action<VaultOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.Configure(configure);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RootKeys>();
        services.TryAddSingleton<KeyRing>();
        services.TryAddSingleton<EnvelopeVault>();
        services.TryAddSingleton<IVault>(provider => provider.GetRequiredService<EnvelopeVault>());
        services.TryAddSingleton<IVaultOpener>(provider => provider.GetRequiredService<EnvelopeVault>());
        services.TryAddSingleton<IKeyRotation, KeyRotation>();
        return services;
    }
}
