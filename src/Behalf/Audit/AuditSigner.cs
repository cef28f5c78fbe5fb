using System.Security.Cryptography;
using Behalf.Vault;

namespace Behalf.Audit;

/// <summary>Signs and checks statements about lanes with the ring's audit keys (RSASSA-PSS, SHA-256).</summary>
internal sealed class AuditSigner(IVault vault)
{
    /// <exception cref="VaultSealedException">The signing key cannot be had.</exception>
    public AuditCheckpoint Sign(EnvironmentId environment, DateTimeOffset at, IReadOnlyList<AuditLaneHead> heads)
    {
        SigningKey key = ActiveKey();
        AuditCheckpoint unsigned = new(environment, at, heads, key.Id, []);
        return unsigned with { Signature = Sign(key, CheckpointFormat.BytesOf(unsigned)) };
    }

    /// <exception cref="VaultSealedException">The signing key cannot be had.</exception>
    public AuditAnchor SignAnchor(EnvironmentId environment, DateTimeOffset at, IReadOnlyList<AuditLaneHead> removed)
    {
        SigningKey key = ActiveKey();
        AuditCheckpoint unsigned = new(environment, at, removed, key.Id, []);
        byte[] signature = Sign(key, CheckpointFormat.BytesOf(new AuditAnchor(unsigned)));
        return new AuditAnchor(unsigned with { Signature = signature });
    }

    /// <returns>What is wrong with it, to stand behind its name; null: it is authentic.</returns>
    public string? FaultOf(EnvironmentId environment, AuditCheckpoint checkpoint) =>
        FaultOf(environment, checkpoint, CheckpointFormat.BytesOf(checkpoint));

    /// <inheritdoc cref="FaultOf(EnvironmentId, AuditCheckpoint)"/>
    public string? FaultOf(EnvironmentId environment, AuditAnchor anchor) =>
        FaultOf(environment, anchor.Statement, CheckpointFormat.BytesOf(anchor));

    private string? FaultOf(EnvironmentId environment, AuditCheckpoint statement, byte[] signed)
    {
        SigningKey? key = vault.SigningKeys(SigningPurpose.Audit).SingleOrDefault(key => key.Id == statement.Key);
        return key is null ? "is signed by an unknown key"
            : statement.Environment == environment
            && key.Rsa.VerifyData(signed, statement.Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)
                ? null
            : "does not have a valid signature";
    }

    private SigningKey ActiveKey() => vault.SigningKeys(SigningPurpose.Audit).Single(candidate => candidate.IsActive);

    private static byte[] Sign(SigningKey key, byte[] data) =>
        key.Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
}
