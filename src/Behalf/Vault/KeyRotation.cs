using Behalf.Audit;
using Microsoft.Extensions.Logging;

namespace Behalf.Vault;

/// <inheritdoc cref="IKeyRotation"/>
internal sealed partial class KeyRotation(
    IKeyRingStore ring,
    IRingSealedStore sealedValues,
    IEnumerable<IRingReferences> elsewhere,
    KeyRing keys,
    RootKeys rootKeys,
    EnvelopeVault vault,
    ILogger<KeyRotation> logger
) : IKeyRotation
{
    private const string System = "system";

    private readonly BrokenSeals _broken = new();

    private static readonly Problem NotReplaced = new(
        ProblemKind.FailedPrecondition,
        "key_not_decrypt_only",
        "Only a key that another one has replaced can be destroyed."
    );

    public Task<IReadOnlyList<RingKey>> ListAsync(CancellationToken cancellationToken) =>
        ring.ListAsync(cancellationToken);

    public async Task<Result<RingKey>> RotateAsync(
        RingKeyKind kind,
        string by,
        EnvironmentId trail,
        CancellationToken cancellationToken
    )
    {
        if (kind == RingKeyKind.Mac)
        {
            return Problem.Invalid("kind", "rotatable", "the MAC key is never rotated: stored look-ups depend on it");
        }

        RingKey key = await keys.CreateAsync(kind, RingKeyState.Prepared, cancellationToken);
        return await ring.PrepareAsync(key, TracesOf(trail, "key.prepared", by, key), cancellationToken)
            ? key
            : new Problem(
                ProblemKind.AlreadyExists,
                "rotation_under_way",
                "A key of this kind is prepared already and becomes active once every node holds it."
            );
    }

    public async Task<Result<Done>> DestroyAsync(
        RingKeyId key,
        string by,
        EnvironmentId trail,
        CancellationToken cancellationToken
    )
    {
        RingKey? found = (await ring.ListAsync(cancellationToken)).FirstOrDefault(stored => stored.Id == key);
        if (found is null)
        {
            return Problem.NotFound("key");
        }

        if (found.State != RingKeyState.DecryptOnly)
        {
            return NotReplaced;
        }

        int outside = elsewhere.Sum(references => references.CountOf(key));
        if (outside > 0)
        {
            return StillNeeded(outside, unreadable: 0);
        }

        KeyDestruction destruction = await ring.DestroyAsync(
            key,
            TracesOf(trail, "key.destroyed", by, found),
            cancellationToken
        );
        return destruction.Outcome switch
        {
            KeyDestructionOutcome.Destroyed => Done.Value,
            KeyDestructionOutcome.TokensMayLive => new Problem(
                ProblemKind.FailedPrecondition,
                "key_in_use",
                "Tokens that this key signed may live for a day after it was replaced."
            ),
            KeyDestructionOutcome.InUse => StillNeeded(destruction.References, _broken.CountOf(key)),
            KeyDestructionOutcome.Resting => NotYet(
                $"It was replaced less than {KeyRest.Length.TotalMinutes:0} minutes ago: calls and refreshes that began before may still need it."
            ),
            KeyDestructionOutcome.RefreshOpen => NotYet(
                $"{destruction.References} refreshes that began before it was replaced have no outcome yet: their tokens may be on their way."
            ),
            KeyDestructionOutcome.KeptByNode => NotYet(
                $"{destruction.References} nodes have tokens in their spool that it seals: start a node that ended on the data folder it had."
            ),
            _ => NotReplaced,
        };
    }

    public async Task<KeyTurn> TurnAsync(EnvironmentId trail, int limit, CancellationToken cancellationToken)
    {
        IReadOnlyList<RingKey> stored = await ring.ListAsync(cancellationToken);
        if (!IsHeldAs(stored))
        {
            await vault.OpenAsync(cancellationToken);
        }

        await ring.HoldAsync(
            [.. vault.HeldKeys.Select(key => key.Id)],
            [.. vault.HeldKeys.Where(IsReplacedDataKey).Select(key => key.Id).Where(IsKeptHere)],
            cancellationToken
        );
        foreach (RingKey prepared in stored.Where(key => key.State == RingKeyState.Prepared))
        {
            await ActivateAsync(prepared, trail, cancellationToken);
        }

        foreach (RingKey key in stored.Where(key => key.State != RingKeyState.Destroyed))
        {
            await MoveToRootAsync(key, trail, cancellationToken);
        }

        return await MoveValuesAsync(limit, cancellationToken);
    }

    private bool IsKeptHere(RingKeyId key) => elsewhere.Any(references => references.CountOf(key) > 0);

    private static Problem NotYet(string why) => new(ProblemKind.FailedPrecondition, "key_in_use", why);

    private static Problem StillNeeded(long references, int unreadable) =>
        new(
            ProblemKind.FailedPrecondition,
            "key_in_use",
            $"{references} stored values still need this key; rotation moves them, and what is short-lived ends by itself within a day."
                + (
                    unreadable == 0
                        ? ""
                        : $" {unreadable} of them do not open where they stand and cannot be moved: the log names each (events 2703 and 2704)."
                )
        );

    private bool IsHeldAs(IReadOnlyList<RingKey> stored) =>
        stored
            .Where(key => key.State != RingKeyState.Destroyed)
            .Select(key => (key.Id, key.State))
            .ToHashSet()
            .SetEquals(vault.HeldKeys.Select(key => (key.Id, key.State)));

    private async Task ActivateAsync(RingKey prepared, EnvironmentId trail, CancellationToken cancellationToken)
    {
        Traces traces = TracesOf(trail, "key.activated", System, prepared);
        if (await ring.ActivateAsync(prepared.Id, traces, cancellationToken))
        {
            Log.Activated(logger, prepared.Kind, prepared.Id);
            await vault.OpenAsync(cancellationToken);
        }
    }

    private async Task MoveToRootAsync(RingKey key, EnvironmentId trail, CancellationToken cancellationToken)
    {
        if (rootKeys.IsWrappedByCurrent(key))
        {
            return;
        }

        byte[] wrapped = await keys.RewrapAsync(key, cancellationToken);
        Traces traces = TracesOf(trail, "key.rewrapped", System, key);
        if (await ring.RewrapAsync(key, wrapped, rootKeys.Kind, traces, cancellationToken))
        {
            Log.Rewrapped(logger, key.Kind, key.Id, rootKeys.Kind);
        }
    }

    private async Task<KeyTurn> MoveValuesAsync(int limit, CancellationToken cancellationToken)
    {
        RingKey[] replaced = [.. vault.HeldKeys.Where(IsReplacedDataKey)];
        _broken.Keep([.. replaced.Select(key => key.Id)]);
        int moved = 0;
        bool more = false;
        foreach (RingKeyId old in replaced.Select(key => key.Id))
        {
            // Past those that do not open, however many there are and wherever they stand among the others.
            int window = limit + _broken.CountOf(old);
            WrappedKey[] wrapped =
            [
                .. (await sealedValues.WrappedByAsync(old, window, cancellationToken)).Where(read =>
                    !_broken.Holds(read)
                ),
            ];
            moved += await sealedValues.RewrapAsync([.. wrapped.SelectMany(Rewrapped)], cancellationToken);
            RingSealedValue[] values =
            [
                .. (await sealedValues.SealedByAsync(old, window, cancellationToken)).Where(read =>
                    !_broken.Holds(read)
                ),
            ];
            moved += await sealedValues.ResealAsync(
                [.. values.SelectMany(read => Resealed(read, old))],
                cancellationToken
            );
            moved += elsewhere.Sum(references => references.MoveFrom(old));
            more |= wrapped.Length >= limit || values.Length >= limit;
        }

        return new KeyTurn(moved, more, replaced.Sum(key => _broken.CountOf(key.Id)));
    }

    private static bool IsReplacedDataKey(RingKey key) =>
        key is { Kind: RingKeyKind.Data, State: RingKeyState.DecryptOnly };

    /// <summary>
    /// One that does not open stays where it is: it fails its own account when that is used, and keeps its key. It is said
    /// once, and the turns that follow go past it.
    /// </summary>
    private IEnumerable<(WrappedKey, AccountKey)> Rewrapped(WrappedKey read)
    {
        AccountKey wrapped;
        try
        {
            wrapped = vault.Rewrap(read.Key);
        }
        catch (SealBrokenException broken)
        {
            _broken.Add(read);
            Log.KeyBroken(logger, read.Key.Account, broken);
            yield break;
        }

        yield return (read, wrapped);
    }

    private IEnumerable<(RingSealedValue, byte[])> Resealed(RingSealedValue read, RingKeyId old)
    {
        byte[] anew;
        try
        {
            using Secret clear = vault.Open(read.Place, read.Sealed);
            anew = vault.Seal(read.Place, clear);
        }
        catch (SealBrokenException broken)
        {
            _broken.Add(read, old);
            Log.ValueBroken(logger, read.Place.Field, read.Place.Owner, broken);
            yield break;
        }

        yield return (read, anew);
    }

    private static Traces TracesOf(EnvironmentId trail, string action, string by, RingKey key) =>
        Traces.Of(
            new AuditDraft
            {
                Environment = trail,
                Kind = AuditKind.Admin,
                Action = action,
                Principal = by,
                Outcome = CallOutcomes.Success,
                Detail = $"{key.Kind} {key.Id}",
            }
        );

    private static partial class Log
    {
        [LoggerMessage(2701, LogLevel.Information, "{Kind} key {Key} is active")]
        public static partial void Activated(ILogger logger, RingKeyKind kind, RingKeyId key);

        [LoggerMessage(2702, LogLevel.Information, "{Kind} key {Key} is now wrapped by the root key {Root}")]
        public static partial void Rewrapped(ILogger logger, RingKeyKind kind, RingKeyId key, string root);

        [LoggerMessage(2703, LogLevel.Critical, "The data key of {Account} does not open where it stands")]
        public static partial void KeyBroken(ILogger logger, AccountId account, Exception exception);

        [LoggerMessage(2704, LogLevel.Critical, "The sealed {Field} of {Owner} does not open where it stands")]
        public static partial void ValueBroken(ILogger logger, string field, Guid owner, Exception exception);
    }
}
