using Behalf.Vault;

namespace Behalf.Tests.Vault;

/// <summary>One open vault for a class of tests: making its RSA keys takes longer than all they do.</summary>
public sealed class OpenVault : IAsyncLifetime
{
    private readonly TestVault _vault = new();

    public IVault Vault => _vault.Vault;

    public async ValueTask InitializeAsync() => await _vault.OpenAsync();

    public ValueTask DisposeAsync()
    {
        _vault.Dispose();
        return ValueTask.CompletedTask;
    }
}
