using System.Security.Cryptography;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Vault;

namespace Behalf.Storage.SharedTests;

public abstract class KeyRingSuite : StoreTests
{
    private IRingSealedStore SealedValues => Storage.Get<IRingSealedStore>();

    [Fact]
    public async Task Prepared_IsOneOfItsKind_WhenManyRotateAtOnce()
    {
        bool[] prepared = await AtOnceAsync(
            10,
            _ => Storage.Keys.PrepareAsync(NewKey(RingKeyKind.Data), Trace("key.prepared"), Cancellation)
        );

        prepared.Should().ContainSingle(was => was);
        (await KeysAsync(RingKeyState.Prepared)).Should().ContainSingle();
        (await Acme.TrailAsync()).Should().ContainSingle(record => record.Draft.Action == "key.prepared");
        (await Storage.Keys.PrepareAsync(NewKey(RingKeyKind.TokenSigning), Traces.None, Cancellation))
            .Should()
            .BeTrue("another kind has its own");
    }

    [Fact]
    public async Task Activation_ReplacesTheActiveKey_InOneStep()
    {
        RingKey next = await PrepareAsync(RingKeyKind.Data);
        await HoldAllAsync();

        (await Storage.Keys.ActivateAsync(next.Id, Trace("key.activated"), Cancellation)).Should().BeTrue();

        (await StateOfAsync(next.Id)).Should().Be(RingKeyState.Active);
        (await StateOfAsync(Acme.RingKey)).Should().Be(RingKeyState.DecryptOnly);
        (await Storage.Keys.ActivateAsync(next.Id, Trace("key.activated"), Cancellation)).Should().BeFalse();
        (await Acme.TrailAsync()).Should().ContainSingle(record => record.Draft.Action == "key.activated");
        (await KeysAsync(RingKeyState.Active)).Should().HaveCount(4, "every kind has one active key");
    }

    [Fact]
    public async Task Rewrapping_LosesToWhoeverWasFirst()
    {
        RingKey read = (await Storage.Keys.ListAsync(Cancellation))[0];
        byte[] anew = RandomNumberGenerator.GetBytes(60);

        (await Storage.Keys.RewrapAsync(read, anew, "env", Traces.None, Cancellation)).Should().BeTrue();
        (await Storage.Keys.RewrapAsync(read, [1, 2, 3], "file", Traces.None, Cancellation)).Should().BeFalse();

        RingKey stored = (await Storage.Keys.ListAsync(Cancellation))[0];
        stored.Should().BeEquivalentTo(read with { WrappedKey = anew, Wrapper = "env" });
    }

    [Fact]
    public async Task ActiveAndPreparedKeys_CannotBeDestroyed()
    {
        RingKey prepared = await PrepareAsync(RingKeyKind.AuditSigning);

        foreach (RingKeyId key in new[] { Acme.RingKey, prepared.Id, EntityId.New<RingKeyId>(Time) })
        {
            (await DestroyAsync(key)).Outcome.Should().Be(KeyDestructionOutcome.NotDecryptOnly);
        }
    }

    [Fact]
    public async Task KeyInUse_CannotBeDestroyed_UntilWhatItWrapsWasMoved()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        await Storage.Revocations.AddAsync(Acme.NewJob(account), Traces.None, Cancellation);
        RingKey next = await ReplaceAsync(RingKeyKind.Data);

        KeyDestruction refused = await DestroyAsync(Acme.RingKey);
        refused.Outcome.Should().Be(KeyDestructionOutcome.InUse);
        refused.References.Should().BeGreaterThanOrEqualTo(2);

        await MoveAllAsync(next.Id);
        (await DestroyAsync(Acme.RingKey)).Outcome.Should().Be(KeyDestructionOutcome.Resting);
        Time.Advance(KeyRest.Length);
        (await DestroyAsync(Acme.RingKey)).Outcome.Should().Be(KeyDestructionOutcome.Destroyed);
        RingKey gone = (await Storage.Keys.ListAsync(Cancellation)).Single(key => key.Id == Acme.RingKey);
        gone.State.Should().Be(RingKeyState.Destroyed);
        gone.WrappedKey.Should().OnlyContain(b => b == 0, "its bytes are overwritten");
        (await DestroyAsync(Acme.RingKey)).Outcome.Should().Be(KeyDestructionOutcome.NotDecryptOnly);
    }

    /// <summary>Its new pair may be in hand, or in a spool that this very key seals.</summary>
    [Fact]
    public async Task DataKey_CannotBeDestroyed_WhileARefreshFromBeforeHasNoOutcome()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease lease = await SentAsync(account);
        NewCredential next = Acme.NewCredential(account, 1, "rotated");
        Time.Advance(TimeSpan.FromSeconds(1));
        RingKey key = await ReplaceAsync(RingKeyKind.Data);
        await MoveAllAsync(key.Id);
        Time.Advance(TimeSpan.FromHours(1));

        (await DestroyAsync(Acme.RingKey)).Should().Be(new KeyDestruction(KeyDestructionOutcome.RefreshOpen, 1));

        (await Storage.Refreshes.CommitAsync(lease, next, Traces.None, Cancellation)).Should().BeTrue();
        (await DestroyAsync(Acme.RingKey)).Outcome.Should().Be(KeyDestructionOutcome.Destroyed);
        (await CredentialAsync(account)).Key.RingKey.Should().Be(key.Id, "it stays as rotation wrapped it");
    }

    /// <summary>A flow or refresh read the account's key before it was moved.</summary>
    [Fact]
    public async Task CommitUnderADestroyedKey_LeavesTheAccountsKeyAsItWasMoved()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease lease = (
            await Storage.Refreshes.AcquireAsync(Acme.Id, account.Id, TimeSpan.FromDays(1), Cancellation)
        )!;
        NewCredential next = Acme.NewCredential(account, 1, "rotated");
        RingKey key = await ReplaceAsync(RingKeyKind.Data);
        await MoveAllAsync(key.Id);
        byte[] moved = (await CredentialAsync(account)).Key.WrappedKey;
        Time.Advance(KeyRest.Length);
        (await DestroyAsync(Acme.RingKey)).Outcome.Should().Be(KeyDestructionOutcome.Destroyed);

        (await Storage.Refreshes.CommitAsync(lease, next, Traces.None, Cancellation)).Should().BeTrue();

        AccountKey stored = (await CredentialAsync(account)).Key;
        stored.RingKey.Should().Be(key.Id);
        stored.WrappedKey.Should().Equal(moved);
    }

    [Fact]
    public async Task TokenKey_CannotBeDestroyed_WhileItsTokensMayLive()
    {
        RingKeyId old = (await KeysAsync(RingKeyState.Active)).Single(k => k.Kind == RingKeyKind.TokenSigning).Id;
        await ReplaceAsync(RingKeyKind.TokenSigning);

        (await DestroyAsync(old)).Outcome.Should().Be(KeyDestructionOutcome.TokensMayLive);
        Time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromMinutes(1));
        (await DestroyAsync(old)).Outcome.Should().Be(KeyDestructionOutcome.Destroyed);
    }

    [Fact]
    public async Task MovedKey_IsNotStored_WhenItChangedMeanwhile()
    {
        await Acme.ActiveAccountAsync("alice");
        RingKey next = await ReplaceAsync(RingKeyKind.Data);
        WrappedKey read = (await SealedValues.WrappedByAsync(Acme.RingKey, 10, Cancellation)).Single();
        AccountKey first = read.Key with { WrappedKey = RandomNumberGenerator.GetBytes(60), RingKey = next.Id };

        (await SealedValues.RewrapAsync([(read, first)], Cancellation)).Should().Be(1);
        (await SealedValues.RewrapAsync([(read, first with { WrappedKey = [9] })], Cancellation)).Should().Be(0);

        (await SealedValues.WrappedByAsync(next.Id, 10, Cancellation))
            .Single()
            .Key.WrappedKey.Should()
            .Equal(first.WrappedKey);
    }

    private async Task<RefreshLease> SentAsync(ConnectedAccount account)
    {
        RefreshLease? lease = await Storage.Refreshes.AcquireAsync(
            Acme.Id,
            account.Id,
            TimeSpan.FromMinutes(1),
            Cancellation
        );
        (await Storage.Refreshes.AttemptAsync(lease!, 1, isProbe: false, Cancellation)).Should().BeTrue();
        return lease!;
    }

    private async Task<SealedCredential> CredentialAsync(ConnectedAccount account) =>
        (await Storage.Accounts.FindCredentialAsync(Acme.Id, account.Id, Cancellation))!;

    private RingKey NewKey(RingKeyKind kind) =>
        new(
            EntityId.New<RingKeyId>(Time),
            kind,
            RingKeyState.Prepared,
            RandomNumberGenerator.GetBytes(60),
            "file",
            Time.GetUtcNow()
        );

    private Traces Trace(string action) => Traces.Of(Acme.Draft(action));

    private async Task<RingKey> PrepareAsync(RingKeyKind kind)
    {
        RingKey key = NewKey(kind);
        (await Storage.Keys.PrepareAsync(key, Traces.None, Cancellation)).Should().BeTrue();
        return key;
    }

    private async Task<RingKey> ReplaceAsync(RingKeyKind kind)
    {
        RingKey next = await PrepareAsync(kind);
        await HoldAllAsync();
        (await Storage.Keys.ActivateAsync(next.Id, Traces.None, Cancellation)).Should().BeTrue();
        return next;
    }

    private async Task HoldAllAsync() =>
        await Storage.Keys.HoldAsync(
            [.. (await Storage.Keys.ListAsync(Cancellation)).Select(key => key.Id)],
            [],
            Cancellation
        );

    private async Task MoveAllAsync(RingKeyId to)
    {
        IReadOnlyList<WrappedKey> wrapped = await SealedValues.WrappedByAsync(Acme.RingKey, 100, Cancellation);
        await SealedValues.RewrapAsync(
            [
                .. wrapped.Select(read =>
                    (read, read.Key with { WrappedKey = [.. read.Key.WrappedKey, 1], RingKey = to })
                ),
            ],
            Cancellation
        );
        IReadOnlyList<RingSealedValue> values = await SealedValues.SealedByAsync(Acme.RingKey, 100, Cancellation);
        await SealedValues.ResealAsync([.. values.Select(read => (read, new byte[] { 1 }))], Cancellation);
    }

    private Task<KeyDestruction> DestroyAsync(RingKeyId key) =>
        Storage.Keys.DestroyAsync(key, Traces.None, Cancellation);

    private async Task<IReadOnlyList<RingKey>> KeysAsync(RingKeyState state) =>
        [.. (await Storage.Keys.ListAsync(Cancellation)).Where(key => key.State == state)];

    private async Task<RingKeyState> StateOfAsync(RingKeyId key) =>
        (await Storage.Keys.ListAsync(Cancellation)).Single(stored => stored.Id == key).State;
}
