using System.Security.Cryptography;
using Amazon.KeyManagementService;
using Amazon.Runtime;
using Behalf.Server.KeyServices;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Vault;

namespace Behalf.Server.Tests;

/// <summary>Both key services, against stand-ins that speak the published API.</summary>
public sealed class KeyServiceTests : IAsyncLifetime
{
    private static readonly byte[] Material = RandomNumberGenerator.GetBytes(32);
    private readonly StandInKeyServices _standIn = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _standIn.StartAsync();

    public async ValueTask DisposeAsync() => await _standIn.DisposeAsync();

    [Theory]
    [InlineData("kms")]
    [InlineData("transit")]
    public async Task Key_ComesBack_WithItsOwnAssociatedDataOnly(string service)
    {
        IRootKey root = Root(service);
        byte[] wrapped = await root.WrapAsync(Material, "ring key 1"u8.ToArray(), Cancellation);

        wrapped.Should().NotEqual(Material);
        (await root.UnwrapAsync(wrapped, "ring key 1"u8.ToArray(), Cancellation)).Should().Equal(Material);
        (await Refusal(() => root.UnwrapAsync(wrapped, "ring key 2"u8.ToArray(), Cancellation)))
            .MayOpenLater.Should()
            .BeFalse();
        (await Refusal(() => root.UnwrapAsync("altered"u8.ToArray(), "ring key 1"u8.ToArray(), Cancellation)))
            .MayOpenLater.Should()
            .BeFalse();
    }

    [Theory]
    [InlineData("kms", 403)]
    [InlineData("kms", 500)]
    [InlineData("transit", 403)]
    [InlineData("transit", 503)]
    public async Task Service_ThatRefusesOrFails_MayAnswerLater(string service, int status)
    {
        _standIn.Status = status;

        VaultSealedException refusal = await Refusal(() =>
            Root(service).WrapAsync(Material, "ring key"u8.ToArray(), Cancellation)
        );

        refusal.MayOpenLater.Should().BeTrue();
        refusal.ToString().Should().NotContain("transit-token").And.NotContain(Convert.ToBase64String(Material));
    }

    [Theory]
    [InlineData("kms")]
    [InlineData("transit")]
    public async Task Service_ThatIsGone_MayComeBack(string service)
    {
        IRootKey root = Root(service);
        await _standIn.StopAsync();

        (await Refusal(() => root.WrapAsync(Material, "ring key"u8.ToArray(), Cancellation)))
            .MayOpenLater.Should()
            .BeTrue();
    }

    [Theory]
    [InlineData("kms")]
    [InlineData("transit")]
    public void Root_KnowsItsOwnByTheName(string service)
    {
        IRootKey root = Root(service);
        RingKey key = new(
            new RingKeyId(Guid.NewGuid()),
            RingKeyKind.Data,
            RingKeyState.Active,
            [1],
            root.Kind,
            DateTimeOffset.UnixEpoch
        );

        root.MayHaveWrapped(key).Should().BeTrue();
        root.MayHaveWrapped(key with { Wrapper = root.Kind + "2" }).Should().BeFalse();
        root.MayHaveWrapped(key with { Wrapper = "file" }).Should().BeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("vault.example/transit/behalf")]
    [InlineData("http://vault.example/transit/behalf")]
    [InlineData("https://user:password@vault.example/transit/behalf")]
    [InlineData("https://vault.example/behalf")]
    [InlineData("https://vault.example/transit/behalf?token=x")]
    public void TransitName_ThatIsNotOne_IsRefused(string name)
    {
        VaultTransitSource source = new();

        source.Invoking(sut => sut.Open(name)).Should().Throw<VaultSealedException>();
    }

    private IRootKey Root(string service) =>
        service == "transit"
            ? new VaultTransitSource().Open($"{_standIn.Origin}/secrets/transit/behalf")
            : new AwsKmsRootKey(
                "alias/behalf",
                () =>
                    new AmazonKeyManagementServiceClient(
                        new BasicAWSCredentials("AKIAEXAMPLE", "example"),
                        new AmazonKeyManagementServiceConfig
                        {
                            ServiceURL = _standIn.Origin,
                            AuthenticationRegion = "eu-central-1",
                            MaxErrorRetry = 0,
                        }
                    )
            );

    private static async Task<VaultSealedException> Refusal(Func<ValueTask<byte[]>> ask) =>
        (await FluentActions.Awaiting(async () => await ask()).Should().ThrowAsync<VaultSealedException>()).Which;
}
