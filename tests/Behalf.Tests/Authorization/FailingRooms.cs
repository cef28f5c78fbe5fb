using System.Collections.Concurrent;
using Behalf.Egress;
using Behalf.Vault;

namespace Behalf.Tests.Authorization;

/// <summary>A door that breaks, for a reason of its own, on the next requests.</summary>
internal sealed class BrokenDoor(IEgress inner) : IEgress
{
    public int Failures { get; set; }

    public Task<EgressOutcome> SendAsync(EgressRequest request, CancellationToken cancellationToken) =>
        Failures-- > 0 ? throw new InvalidOperationException("broken") : inner.SendAsync(request, cancellationToken);

    public Task<EgressOutcome> StreamAsync(EgressRequest request, CancellationToken cancellationToken) =>
        inner.StreamAsync(request, cancellationToken);
}

/// <summary>A door behind which each refresh token is carried out when it is first sent, and the reply to that is lost.</summary>
internal sealed class LosingFirstReplies(IEgress inner) : IEgress
{
    private readonly ConcurrentDictionary<string, byte> _seen = new(StringComparer.Ordinal);

    public async Task<EgressOutcome> SendAsync(EgressRequest request, CancellationToken cancellationToken)
    {
        string form = request.Content is null
            ? string.Empty
            : await request.Content.ReadAsStringAsync(cancellationToken);
        EgressOutcome outcome = await inner.SendAsync(request, cancellationToken);
        return form.Contains("refresh_token=rt-", StringComparison.Ordinal) && _seen.TryAdd(form, 0)
            ? new EgressOutcome.Failed(EgressFailure.TimedOut, MayHaveBeenSent: true, "the reply was lost")
            : outcome;
    }

    public Task<EgressOutcome> StreamAsync(EgressRequest request, CancellationToken cancellationToken) =>
        inner.StreamAsync(request, cancellationToken);
}

/// <summary>A vault that is shut for the next values it is to seal for accounts.</summary>
internal sealed class ShutVault(IVault inner) : IVault
{
    public int Failures { get; set; }

    public bool IsOpen => inner.IsOpen;

    public AccountKey CreateAccountKey(EnvironmentId environment, AccountId account) =>
        inner.CreateAccountKey(environment, account);

    public byte[] Seal(AccountKey key, SealPlace place, Secret value) =>
        Failures-- > 0 ? throw new VaultSealedException("shut for a moment") : inner.Seal(key, place, value);

    public Secret Open(AccountKey key, SealPlace place, ReadOnlyMemory<byte> sealedValue) =>
        inner.Open(key, place, sealedValue);

    public byte[] Seal(SealPlace place, Secret value) => inner.Seal(place, value);

    public Secret Open(SealPlace place, ReadOnlyMemory<byte> sealedValue) => inner.Open(place, sealedValue);

    public byte[] Mac(string purpose, ReadOnlySpan<byte> data) => inner.Mac(purpose, data);

    public IReadOnlyList<SigningKey> SigningKeys(SigningPurpose purpose) => inner.SigningKeys(purpose);
}
