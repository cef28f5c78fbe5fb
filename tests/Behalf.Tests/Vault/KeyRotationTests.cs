using Behalf.Vault;

namespace Behalf.Tests.Vault;

public sealed class KeyRotationTests
{
    private static readonly EnvironmentId Trail = new(Guid.NewGuid());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PreparedKey_SealsNothing_UntilEveryNodeHoldsIt()
    {
        using TestVault vault = await TestVault.OpenedAsync();
        vault.Ring.OthersHoldAll = false;
        RingKey next = await PrepareAsync(vault, RingKeyKind.Data);

        await TurnAsync(vault);
        vault.Ring.Held.Should().Contain(next.Id, "this node takes it in at once");
        SealedFormat.KeyIdOf(vault.Vault.Seal(Place(), Secret.FromText("x"))).Should().NotBe(next.Id.Value);

        vault.Ring.OthersHoldAll = true;
        await TurnAsync(vault);
        SealedFormat.KeyIdOf(vault.Vault.Seal(Place(), Secret.FromText("x"))).Should().Be(next.Id.Value);
    }

    [Fact]
    public async Task PreparedSigningKey_IsPublished_BeforeItSigns()
    {
        using TestVault vault = await TestVault.OpenedAsync();
        vault.Ring.OthersHoldAll = false;
        RingKey next = await PrepareAsync(vault, RingKeyKind.TokenSigning);

        await TurnAsync(vault);

        vault.Vault.SigningKeys(SigningPurpose.Token).Should().Contain(key => key.Id == next.Id && !key.IsActive);
    }

    [Fact]
    public async Task Rotation_MovesWhatTheOldKeyWraps_AndEverythingStillOpens()
    {
        using TestVault vault = await TestVault.OpenedAsync();
        AccountKey account = vault.Vault.CreateAccountKey(Trail, new AccountId(Guid.NewGuid()));
        SealPlace token = new(Trail, null, account.Account.Value, SealedFields.AccessToken, 1);
        byte[] sealedToken = vault.Vault.Seal(account, token, Secret.FromText("token"));
        SealPlace secret = Place();
        vault.Ring.Wrapped.Add(new WrappedKey(account, null));
        vault.Ring.Sealed.Add(new RingSealedValue(secret, "column", vault.Vault.Seal(secret, Secret.FromText("s"))));
        RingKey next = await PrepareAsync(vault, RingKeyKind.Data);

        await TurnAsync(vault);
        await TurnAsync(vault);

        AccountKey moved = vault.Ring.Wrapped.Single().Key;
        moved.RingKey.Should().Be(next.Id);
        vault.Vault.Open(moved, token, sealedToken).RevealText().Should().Be("token");
        vault.Vault.Open(account, token, sealedToken).RevealText().Should().Be("token", "a call may hold the old one");
        vault.Vault.Open(secret, vault.Ring.Sealed.Single().Sealed).RevealText().Should().Be("s");
        (await vault.Rotation.DestroyAsync(account.RingKey, "test", Trail, Cancellation)).Succeeded.Should().BeTrue();
    }

    [Fact]
    public async Task Rotation_GoesOnInBundles_AndLeavesWhatDoesNotOpen()
    {
        using TestVault vault = await TestVault.OpenedAsync();
        for (int i = 0; i < 25; i++)
        {
            vault.Ring.Wrapped.Add(
                new WrappedKey(vault.Vault.CreateAccountKey(Trail, new AccountId(Guid.NewGuid())), null)
            );
        }

        AccountKey broken = vault.Ring.Wrapped[0].Key;
        vault.Ring.Wrapped[0] = new WrappedKey(broken with { Account = new AccountId(Guid.NewGuid()) }, null);
        await PrepareAsync(vault, RingKeyKind.Data);

        int turns = 0;
        while ((await vault.Rotation.TurnAsync(Trail, 10, Cancellation)).Moved > 0)
        {
            turns++;
        }

        turns.Should().BeGreaterThan(2);
        vault.Ring.Wrapped.Where(key => key.Key.RingKey == broken.RingKey).Should().ContainSingle();
        Result<Done> destroyed = await vault.Rotation.DestroyAsync(broken.RingKey, "test", Trail, Cancellation);
        destroyed.Problem?.Code.Should().Be("key_in_use");
    }

    /// <summary>More of them than a bundle holds, and before all the others.</summary>
    [Fact]
    public async Task Rotation_GoesPastWhatDoesNotOpen_AndSaysHowManyThereAre()
    {
        using TestVault vault = await TestVault.OpenedAsync();
        for (int i = 0; i < 60; i++)
        {
            AccountKey key = vault.Vault.CreateAccountKey(Trail, new AccountId(Guid.NewGuid()));
            bool isMisplaced = i < 25;
            vault.Ring.Wrapped.Add(
                new WrappedKey(isMisplaced ? key with { Account = new AccountId(Guid.NewGuid()) } : key, null)
            );
            SealPlace place = Place() with { Owner = Guid.NewGuid() };
            byte[] value = vault.Vault.Seal(isMisplaced ? Place() : place, Secret.FromText("s"));
            vault.Ring.Sealed.Add(new RingSealedValue(place, "column", value));
        }

        RingKeyId old = vault.Ring.Wrapped[0].Key.RingKey;
        RingKey next = await PrepareAsync(vault, RingKeyKind.Data);

        KeyTurn turn = new(0, More: true, 0);
        for (int turns = 0; turns < 50 && (turns < 3 || turn.More); turns++)
        {
            turn = await vault.Rotation.TurnAsync(Trail, 10, Cancellation);
        }

        turn.More.Should().BeFalse();
        turn.Unreadable.Should().Be(50);
        vault.Ring.Wrapped.Count(read => read.Key.RingKey == next.Id).Should().Be(35);
        vault.Ring.Sealed.Count(read => SealedFormat.KeyIdOf(read.Sealed) == next.Id.Value).Should().Be(35);
        Result<Done> destroyed = await vault.Rotation.DestroyAsync(old, "test", Trail, Cancellation);
        destroyed.Problem!.Message.Should().StartWith("50 ").And.Contain("50 of them do not open");
    }

    [Fact]
    public async Task ValueThatWasRestored_IsMovedAfterAll()
    {
        using TestVault vault = await TestVault.OpenedAsync();
        AccountKey key = vault.Vault.CreateAccountKey(Trail, new AccountId(Guid.NewGuid()));
        byte[] damaged = [.. key.WrappedKey];
        damaged[^1] ^= 1;
        vault.Ring.Wrapped.Add(new WrappedKey(key with { WrappedKey = damaged }, null));
        RingKey next = await PrepareAsync(vault, RingKeyKind.Data);
        await TurnAsync(vault);
        (await TurnAsync(vault)).Unreadable.Should().Be(1);

        vault.Ring.Wrapped[0] = new WrappedKey(key, null);
        await TurnAsync(vault);

        vault.Ring.Wrapped.Single().Key.RingKey.Should().Be(next.Id);
    }

    [Fact]
    public async Task MacKey_IsNeverRotated()
    {
        using TestVault vault = await TestVault.OpenedAsync();

        Result<RingKey> refused = await vault.Rotation.RotateAsync(RingKeyKind.Mac, "test", Trail, Cancellation);

        refused.Succeeded.Should().BeFalse();
        vault.Ring.Keys.Should().HaveCount(4);
    }

    [Fact]
    public async Task Ring_MovesToANewRootKey_WhileBothAreThere()
    {
        using TestVault old = await TestVault.OpenedAsync();
        byte[] sealedBefore = old.Vault.Seal(Place(), Secret.FromText("x"));
        string next = Path.Combine(old.Folder, "next.key");
        RootKeyFile.Create(next);

        using TestVault both = new(
            old.Ring,
            options =>
            {
                options.RootKey = $"file:{next}";
                options.FurtherRootKeys.Add($"file:{old.KeyFile}");
            },
            old.Folder
        );
        await both.OpenAsync();
        await TurnAsync(both);

        using TestVault alone = new(old.Ring, options => options.RootKey = $"file:{next}", old.Folder);
        await alone.OpenAsync();
        alone.Vault.Open(Place(), sealedBefore).RevealText().Should().Be("x");
        using TestVault outdated = new(old.Ring, folder: old.Folder);
        await outdated.Invoking(vault => vault.OpenAsync()).Should().ThrowAsync<VaultSealedException>();
    }

    [Theory]
    [InlineData("vault of the bank")]
    [InlineData("carrier-pigeon:home")]
    [InlineData("")]
    public async Task RootKey_OfAnUnknownScheme_StopsTheStart(string name)
    {
        using TestVault vault = new(configure: options => options.RootKey = name);

        (await vault.Invoking(sut => sut.OpenAsync()).Should().ThrowAsync<VaultSealedException>())
            .Which.MayOpenLater.Should()
            .BeFalse();
        vault.Ring.Writes.Should().Be(0);
    }

    [Fact]
    public async Task MissingRootKey_MayComeLater_AWrongOneMayNot()
    {
        using TestVault first = await TestVault.OpenedAsync();
        using TestVault missing = new(first.Ring);
        using TestVault wrong = new(first.Ring);
        RootKeyFile.Create(wrong.KeyFile);

        (await missing.Invoking(vault => vault.OpenAsync()).Should().ThrowAsync<VaultSealedException>())
            .Which.MayOpenLater.Should()
            .BeTrue();
        (await wrong.Invoking(vault => vault.OpenAsync()).Should().ThrowAsync<VaultSealedException>())
            .Which.MayOpenLater.Should()
            .BeFalse();
    }

    private static SealPlace Place() => new(Trail, null, Trail.Value, SealedFields.ClientSecret);

    private static async Task<RingKey> PrepareAsync(TestVault vault, RingKeyKind kind) =>
        (await vault.Rotation.RotateAsync(kind, "test", Trail, Cancellation)).Value
        ?? throw new InvalidOperationException("Nothing was prepared.");

    private static Task<KeyTurn> TurnAsync(TestVault vault) => vault.Rotation.TurnAsync(Trail, 100, Cancellation);
}
