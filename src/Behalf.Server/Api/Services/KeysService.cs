using System.Collections.Frozen;
using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Vault;
using Behalf.Wire.Keys;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using RingKey = Behalf.Wire.Keys.RingKey;

namespace Behalf.Server.Api.Services;

/// <summary><c>behalf.v1.Keys</c>: the key ring, by ids and states.</summary>
[Accepts(PrincipalKind.Operator)]
internal sealed class KeysService(IKeyRotation rotation, AdministeredEnvironment environments) : Keys.KeysBase
{
    private static readonly FrozenDictionary<RingKeyKind, string> Kinds = new Dictionary<RingKeyKind, string>
    {
        [RingKeyKind.Data] = "data",
        [RingKeyKind.TokenSigning] = "token_signing",
        [RingKeyKind.AuditSigning] = "audit_signing",
        [RingKeyKind.Mac] = "mac",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<RingKeyState, string> States = new Dictionary<RingKeyState, string>
    {
        [RingKeyState.Prepared] = "prepared",
        [RingKeyState.Active] = "active",
        [RingKeyState.DecryptOnly] = "decrypt_only",
        [RingKeyState.Destroyed] = "destroyed",
    }.ToFrozenDictionary();

    public override async Task<ListKeysResponse> ListKeys(ListKeysRequest request, ServerCallContext context)
    {
        ListKeysResponse response = new();
        response.Keys.AddRange((await rotation.ListAsync(context.CancellationToken)).Select(Show));
        return response;
    }

    public override async Task<RingKey> RotateKey(RotateKeyRequest request, ServerCallContext context)
    {
        RingKeyKind kind = Kinds.FirstOrDefault(named => named.Value == request.Kind).Key;
        if (kind == default)
        {
            throw context.Refuse(Problem.Invalid("kind", "in", "is one of data, token_signing and audit_signing"));
        }

        DeploymentEnvironment trail = await environments.ResolveAsync(context, string.Empty);
        return Show(
            (
                await rotation.RotateAsync(kind, context.Principal().ClientId, trail.Id, context.CancellationToken)
            ).OrThrow(context)
        );
    }

    public override async Task<DestroyKeyResponse> DestroyKey(DestroyKeyRequest request, ServerCallContext context)
    {
        if (!EntityId.TryParse(request.Id, out RingKeyId key))
        {
            throw context.Refuse(Problem.NotFound("key"));
        }

        DeploymentEnvironment trail = await environments.ResolveAsync(context, string.Empty);
        (await rotation.DestroyAsync(key, context.Principal().ClientId, trail.Id, context.CancellationToken)).OrThrow(
            context
        );
        return new DestroyKeyResponse();
    }

    private static RingKey Show(Vault.RingKey key) =>
        new()
        {
            Id = key.Id.ToString(),
            Kind = Kinds[key.Kind],
            State = States[key.State],
            Wrapper = key.Wrapper,
            CreatedAt = key.CreatedAt.ToTimestamp(),
        };
}
