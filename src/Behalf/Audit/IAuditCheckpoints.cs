namespace Behalf.Audit;

/// <summary>
/// Signed statements of where every lane of an environment stands: what was covered by one cannot be rewritten without
/// the audit signing key. The host writes them each minute and when it stops. Safe to call concurrently.
/// </summary>
public interface IAuditCheckpoints
{
    /// <returns>False when no lane moved since the last one, or there are none yet: then nothing is written.</returns>
    /// <exception cref="Vault.VaultSealedException">The signing key cannot be had.</exception>
    Task<bool> WriteAsync(EnvironmentId environment, CancellationToken cancellationToken);

    /// <summary>As <see cref="WriteAsync"/>, for every environment in which a lane moved.</summary>
    /// <exception cref="Vault.VaultSealedException">The signing key cannot be had.</exception>
    Task WriteAllAsync(CancellationToken cancellationToken);
}
