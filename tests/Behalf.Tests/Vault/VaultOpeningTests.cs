using System.Security.Cryptography;
using Behalf.Vault;

namespace Behalf.Tests.Vault;

public sealed class VaultOpeningTests
{
    [Fact]
    public async Task FirstOpen_MakesRootKeyAndRing()
    {
        using TestVault vault = new();
        vault.Vault.IsOpen.Should().BeFalse();

        await vault.OpenAsync();

        vault.Vault.IsOpen.Should().BeTrue();
        vault.Ring.Keys.Select(key => key.Kind).Should().BeEquivalentTo(Enum.GetValues<RingKeyKind>());
        vault.Ring.Keys.Should().OnlyContain(key => key.State == RingKeyState.Active && key.Wrapper == "file");
        vault.Vault.SigningKeys(SigningPurpose.Token).Should().ContainSingle().Which.Rsa.KeySize.Should().Be(2048);
        Directory.GetFiles(vault.Folder).Should().Equal(vault.KeyFile);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(vault.KeyFile).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task SecondOpen_ReadsTheSameRing()
    {
        using TestVault first = await TestVault.OpenedAsync();
        SealPlace place = new(new EnvironmentId(Guid.NewGuid()), null, Guid.NewGuid(), SealedFields.ClientSecret);
        byte[] sealedValue = first.Vault.Seal(place, Secret.FromText("client secret"));
        byte[] signature = Sign(first.Vault);

        using TestVault second = new(first.Ring, folder: first.Folder);
        await second.OpenAsync();

        second.Vault.Open(place, sealedValue).RevealText().Should().Be("client secret");
        Verify(second.Vault, signature).Should().BeTrue();
        first.Ring.Writes.Should().Be(1);
    }

    [Fact]
    public async Task ValueUnderAKeyThatAnotherNodeAdded_Opens_BeforeThisNodeHeardOfIt()
    {
        using TestVault node = await TestVault.OpenedAsync();
        using TestVault other = new(node.Ring, folder: node.Folder);
        await other.OpenAsync();
        EnvironmentId environment = new(Guid.NewGuid());
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        (await other.Rotation.RotateAsync(RingKeyKind.Data, "test", environment, cancellation))
            .Succeeded.Should()
            .BeTrue();
        await other.Rotation.TurnAsync(environment, 100, cancellation);
        node.Ring.Keys.Where(key => key.Kind == RingKeyKind.Data).Should().HaveCount(2);
        SealPlace place = new(environment, null, Guid.NewGuid(), SealedFields.ClientSecret);
        byte[] sealedValue = other.Vault.Seal(place, Secret.FromText("client secret"));
        AccountKey key = other.Vault.CreateAccountKey(environment, new AccountId(Guid.NewGuid()));
        SealPlace token = new(environment, null, Guid.NewGuid(), SealedFields.AccessToken);
        byte[] sealedToken = other.Vault.Seal(key, token, Secret.FromText("token"));

        node.Vault.Open(place, sealedValue).RevealText().Should().Be("client secret");
        node.Vault.Open(key, token, sealedToken).RevealText().Should().Be("token");

        byte[] unknown = [.. sealedValue];
        unknown[3] ^= 1;
        node.Vault.Invoking(vault => vault.Open(place, unknown)).Should().Throw<SealBrokenException>();
    }

    [Fact]
    public async Task Open_StaysSealed_WhenTheRootKeyIsMissing()
    {
        using TestVault first = await TestVault.OpenedAsync();
        File.Delete(first.KeyFile);
        using TestVault second = new(first.Ring, folder: first.Folder);

        (await second.Invoking(vault => vault.OpenAsync()).Should().ThrowAsync<VaultSealedException>())
            .Which.Message.Should()
            .Contain("is missing");

        second.Vault.IsOpen.Should().BeFalse();
        File.Exists(first.KeyFile).Should().BeFalse("a database with a ring never gets a new root key");
        second.Vault.Invoking(vault => vault.Mac("argument", [])).Should().Throw<VaultSealedException>();
        second.Vault.Invoking(vault => vault.SigningKeys(SigningPurpose.Audit)).Should().Throw<VaultSealedException>();
    }

    [Fact]
    public async Task Open_StaysSealed_WithAnotherRootKey()
    {
        using TestVault first = await TestVault.OpenedAsync();
        using TestVault second = new(first.Ring);
        RootKeyFile.Create(second.KeyFile);

        (await second.Invoking(vault => vault.OpenAsync()).Should().ThrowAsync<VaultSealedException>())
            .Which.Message.Should()
            .Contain("belongs to this database");

        first.Ring.Writes.Should().Be(1);
    }

    [Fact]
    public async Task Open_WritesNothing_WithoutARootKeyThatMayBeMade()
    {
        using TestVault vault = new(configure: options => options.CreateRootKey = false);

        await vault.Invoking(sut => sut.OpenAsync()).Should().ThrowAsync<VaultSealedException>();

        vault.Ring.Writes.Should().Be(0);
        Directory.GetFiles(vault.Folder).Should().BeEmpty();
    }

    [Fact]
    public async Task Open_Works_OnceTheRootKeyIsBack()
    {
        using TestVault first = await TestVault.OpenedAsync();
        string key = await File.ReadAllTextAsync(first.KeyFile, TestContext.Current.CancellationToken);
        using TestVault second = new(first.Ring);
        RootKeyFile.Create(second.KeyFile);
        await second.Invoking(vault => vault.OpenAsync()).Should().ThrowAsync<VaultSealedException>();

        await File.WriteAllTextAsync(second.KeyFile, key, TestContext.Current.CancellationToken);
        await second.OpenAsync();

        second.Vault.IsOpen.Should().BeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("behalf-root-key v1 00000000000000000000000000000000\n")]
    [InlineData("behalf-root-key v1 00000000000000000000000000000000\nAAECAwQFBgcICQoLDA0ODw==\n")]
    [InlineData("behalf-root-key v1 00000000000000000000000000000000\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")]
    [InlineData("behalf-root-key v1 00000000000000000000000000000000\n3q2+7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs=\n")]
    public async Task Open_StaysSealed_WhenTheFileHoldsNoRootKey(string content)
    {
        using TestVault vault = new();
        RootKeyFile.Create(vault.KeyFile);
        await File.WriteAllTextAsync(vault.KeyFile, content, TestContext.Current.CancellationToken);

        (await vault.Invoking(sut => sut.OpenAsync()).Should().ThrowAsync<VaultSealedException>())
            .Which.Message.Should()
            .Contain(vault.KeyFile)
            .And.NotContain("AAEC");

        vault.Ring.Writes.Should().Be(0);
    }

    [Theory]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "default")] // zeros
    [InlineData("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "default")] // 0, 1, 2, …
    [InlineData("Y2hhbmdlLW1lLWNoYW5nZS1tZS1jaGFuZ2UtbWUtcGw=", "default")] // change-me-…
    [InlineData("AAECAwQFBgcICQoLDA0ODw==", "16 bytes")]
    [InlineData("not base64 at all", "base64")]
    public async Task Open_StaysSealed_WhenTheVariableHoldsNoRandomKey(string value, string problem)
    {
        string variable = $"BEHALF_TEST_{Guid.NewGuid():n}";
        Environment.SetEnvironmentVariable(variable, value);
        try
        {
            using TestVault vault = new(configure: options => options.RootKeyEnvironmentVariable = variable);

            (await vault.Invoking(sut => sut.OpenAsync()).Should().ThrowAsync<VaultSealedException>())
                .Which.Message.Should()
                .Contain(variable)
                .And.Contain(problem)
                .And.NotContain(value);

            vault.Ring.Writes.Should().Be(0);
            Directory.GetFiles(vault.Folder).Should().BeEmpty();
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
        }
    }

    [Fact]
    public async Task Open_TakesTheSameKey_FromTheVariable()
    {
        using TestVault first = await TestVault.OpenedAsync();
        string[] lines = await File.ReadAllLinesAsync(first.KeyFile, TestContext.Current.CancellationToken);
        string variable = $"BEHALF_TEST_{Guid.NewGuid():n}";
        Environment.SetEnvironmentVariable(variable, lines[1]);
        try
        {
            using TestVault second = new(first.Ring, options => options.RootKeyEnvironmentVariable = variable);
            await second.OpenAsync();
            second.Vault.IsOpen.Should().BeTrue();

            RootKeyFile.Create(second.KeyFile); // a different one beside it
            using TestVault third = new(
                first.Ring,
                options => options.RootKeyEnvironmentVariable = variable,
                second.Folder
            );
            (await third.Invoking(vault => vault.OpenAsync()).Should().ThrowAsync<VaultSealedException>())
                .Which.Message.Should()
                .Contain("different keys");
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
        }
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public async Task Open_StaysSealed_WhenOthersMayReadTheFile(UnixFileMode others)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Files have other permissions on Windows.");
        using TestVault vault = new();
        RootKeyFile.Create(vault.KeyFile);
#pragma warning disable CA1416 // skipped above
        File.SetUnixFileMode(vault.KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
#pragma warning restore CA1416

        (await vault.Invoking(sut => sut.OpenAsync()).Should().ThrowAsync<VaultSealedException>())
            .Which.Message.Should()
            .Contain($"chmod 600 '{vault.KeyFile}'");
    }

    [Fact]
    public void Create_LeavesAKeyThatIsThere()
    {
        using TestVault vault = new();
        RootKeyFile.Create(vault.KeyFile);
        byte[] before = File.ReadAllBytes(vault.KeyFile);

        vault.Invoking(sut => RootKeyFile.Create(sut.KeyFile)).Should().Throw<IOException>();

        File.ReadAllBytes(vault.KeyFile).Should().Equal(before);
        Directory.GetFiles(vault.Folder).Should().ContainSingle();
    }

    [Fact]
    public async Task Open_StaysSealed_WhenARingKeyIsAlteredOrSwapped()
    {
        using TestVault first = await TestVault.OpenedAsync();
        RingKey[] keys = [.. first.Ring.Keys];
        byte[] altered = [.. keys[0].WrappedKey];
        altered[^1] ^= 1;
        MemoryKeyRing flipped = new();
        flipped.Keys.AddRange([keys[0] with { WrappedKey = altered }, .. keys[1..]]);
        MemoryKeyRing swapped = new();
        swapped.Keys.AddRange([
            keys[0] with
            {
                WrappedKey = keys[3].WrappedKey,
            },
            keys[1],
            keys[2],
            keys[3] with
            {
                WrappedKey = keys[0].WrappedKey,
            },
        ]);
        MemoryKeyRing missing = new();
        missing.Keys.AddRange(keys[1..]);

        foreach (MemoryKeyRing ring in new[] { flipped, swapped, missing })
        {
            using TestVault second = new(ring, folder: first.Folder);
            await second.Invoking(vault => vault.OpenAsync()).Should().ThrowAsync<VaultSealedException>();
        }
    }

    [Fact]
    public async Task TwoProcesses_StartingAtOnce_ShareOneRing()
    {
        using TestVault first = new();
        using TestVault second = new(first.Ring, folder: first.Folder);

        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await Task.WhenAll(Task.Run(first.OpenAsync, cancellationToken), Task.Run(second.OpenAsync, cancellationToken));

        Verify(second.Vault, Sign(first.Vault)).Should().BeTrue();
        first.Ring.Keys.Should().HaveCount(4);
    }

    private static byte[] Sign(IVault vault) =>
        vault
            .SigningKeys(SigningPurpose.Audit)
            .Single(key => key.IsActive)
            .Rsa.SignData("head"u8.ToArray(), HashAlgorithmName.SHA256, RSASignaturePadding.Pss);

    private static bool Verify(IVault vault, byte[] signature) =>
        vault
            .SigningKeys(SigningPurpose.Audit)
            .Single(key => key.IsActive)
            .Rsa.VerifyData("head"u8, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
}
