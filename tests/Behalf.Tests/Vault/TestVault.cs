using Behalf.Vault;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Tests.Vault;

/// <summary>A vault as the product builds it, in a folder of its own.</summary>
internal sealed class TestVault : IDisposable
{
    private readonly ServiceProvider _services;
    private readonly bool _ownsFolder;

    public TestVault(MemoryKeyRing? ring = null, Action<VaultOptions>? configure = null, string? folder = null)
    {
        Ring = ring ?? new MemoryKeyRing();
        _ownsFolder = folder is null;
        Folder = folder ?? Directory.CreateTempSubdirectory("behalf-vault-").FullName;
        ServiceCollection services = new();
        services.AddLogging();
        services.AddSingleton<IKeyRingStore>(Ring);
        services.AddSingleton<IRingSealedStore>(Ring);
        services.AddVault(options =>
        {
            options.RootKeyFile = KeyFile;
            options.CreateRootKey = true;
            options.RootKeyEnvironmentVariable = "BEHALF_TEST_NO_ROOT_KEY";
            configure?.Invoke(options);
        });
        _services = services.BuildServiceProvider();
        Vault = _services.GetRequiredService<IVault>();
    }

    public MemoryKeyRing Ring { get; }

    public string Folder { get; }

    public string KeyFile => Path.Combine(Folder, "root.key");

    public IVault Vault { get; }

    public static async Task<TestVault> OpenedAsync(MemoryKeyRing? ring = null)
    {
        TestVault vault = new(ring);
        await vault.OpenAsync();
        return vault;
    }

    public IKeyRotation Rotation => _services.GetRequiredService<IKeyRotation>();

    public Task OpenAsync() =>
        _services.GetRequiredService<IVaultOpener>().OpenAsync(TestContext.Current.CancellationToken);

    public void Dispose()
    {
        _services.Dispose();
        if (_ownsFolder)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
