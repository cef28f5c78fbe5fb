using Behalf.Client.Internal;
using Behalf.Wire.Keys;
using Grpc.Core;
using Proto = Behalf.Wire.Keys;

namespace Behalf.Client;

/// <summary>A key of the server's ring: what it is for and where it stands, never its bytes.</summary>
/// <param name="Kind"><c>data</c>, <c>token_signing</c>, <c>audit_signing</c> or <c>mac</c>.</param>
/// <param name="State"><c>prepared</c>, <c>active</c>, <c>decrypt_only</c> or <c>destroyed</c>.</param>
/// <param name="Wrapper">The root key that wraps it.</param>
public sealed record RingKey(string Id, string Kind, string State, string Wrapper, DateTimeOffset? CreatedAt);

/// <summary>The server's key ring; needs the operator credential.</summary>
public sealed class KeysClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly Keys.KeysClient _keys;

    internal KeysClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _keys = new Keys.KeysClient(invoker);
    }

    public async Task<IReadOnlyList<RingKey>> ListAsync(CancellationToken cancellationToken = default)
    {
        var response = await _rpc.CallAsync(
                options => _keys.ListKeysAsync(new ListKeysRequest(), options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return [.. response.Keys.Select(Read)];
    }

    /// <summary>Prepares the next key of a kind; the server makes it active and moves what the old one wrapped.</summary>
    public async Task<RingKey> RotateAsync(string kind, CancellationToken cancellationToken = default) =>
        Read(
            await _rpc.CallAsync(
                    options => _keys.RotateKeyAsync(new RotateKeyRequest { Kind = kind }, options),
                    cancellationToken
                )
                .ConfigureAwait(false)
        );

    /// <summary>Destroys a replaced key for good; refused with <c>key_in_use</c> while anything stored needs it.</summary>
    public Task DestroyAsync(string id, CancellationToken cancellationToken = default) =>
        _rpc.CallAsync(options => _keys.DestroyKeyAsync(new DestroyKeyRequest { Id = id }, options), cancellationToken);

    private static RingKey Read(Proto.RingKey key) =>
        new(key.Id, key.Kind, key.State, key.Wrapper, Instant.Read(key.CreatedAt));
}
