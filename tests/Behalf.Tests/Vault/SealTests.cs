using System.Text;
using Behalf.Vault;
using CsCheck;

namespace Behalf.Tests.Vault;

public sealed class SealTests(OpenVault opened) : IClassFixture<OpenVault>
{
    private static readonly string[] Fields =
    [
        SealedFields.AccessToken,
        SealedFields.RefreshToken,
        SealedFields.Extra,
        "",
    ];

    private static readonly Gen<Guid> Ids = Gen.Guid;

    private static readonly Gen<SealPlace> Places = Gen.Select(
        Ids,
        Gen.Bool,
        Ids,
        Ids,
        Gen.Int[0, 3].Select(index => Fields[index]),
        Gen.Long[0, 1_000_000],
        (environment, connected, connection, owner, field, generation) =>
            new SealPlace(
                new EnvironmentId(environment),
                connected ? new ConnectionId(connection) : null,
                owner,
                field,
                generation
            )
    );

    [Fact]
    public void Open_GivesTheValue_WhereItWasSealed()
    {
        Gen.Select(Places, Ids, Gen.Byte.Array[0, 3000])
            .Sample(
                (place, account, value) =>
                {
                    AccountKey key = Vault.CreateAccountKey(place.Environment, new AccountId(account));
                    byte[] byAccount = Vault.Seal(key, place, Secret.Own([.. value]));
                    byte[] byRing = Vault.Seal(place, Secret.Own([.. value]));

                    Vault.Open(key, place, byAccount).Reveal().ToArray().Should().Equal(value);
                    Vault.Open(place, byRing).Reveal().ToArray().Should().Equal(value);
                    byRing.Should().HaveCount(value.Length + 45).And.NotEqual(byAccount);
                },
                iter: 50
            );
    }

    [Fact]
    public void Open_FailsClosed_WhenAnyBitIsFlipped()
    {
        SealPlace place = SomePlace();
        AccountKey key = Vault.CreateAccountKey(place.Environment, new AccountId(place.Owner));
        byte[] byAccount = Vault.Seal(key, place, Secret.FromText("alice's token"));
        byte[] byRing = Vault.Seal(place, Secret.FromText("client secret"));

        foreach (int bit in Enumerable.Range(0, byAccount.Length * 8))
        {
            Breaks(() => Vault.Open(key, place, Flip(byAccount, bit)));
        }

        foreach (int bit in Enumerable.Range(0, byRing.Length * 8))
        {
            Breaks(() => Vault.Open(place, Flip(byRing, bit)));
        }

        foreach (int bit in Enumerable.Range(0, key.WrappedKey.Length * 8))
        {
            AccountKey altered = key with { WrappedKey = Flip(key.WrappedKey, bit) };
            Breaks(() => Vault.Open(altered, place, byAccount));
        }
    }

    [Fact]
    public void Open_FailsClosed_WhenTheValueIsTruncatedOrExtended()
    {
        SealPlace place = SomePlace();
        AccountKey key = Vault.CreateAccountKey(place.Environment, new AccountId(place.Owner));
        byte[] sealedValue = Vault.Seal(key, place, Secret.FromText("alice's token"));

        foreach (int length in Enumerable.Range(0, sealedValue.Length))
        {
            Breaks(() => Vault.Open(key, place, sealedValue.AsMemory(0, length)));
            Breaks(() => Vault.Open(place, sealedValue.AsMemory(0, length)));
        }

        Breaks(() => Vault.Open(key, place, (byte[])[.. sealedValue, 0]));
    }

    [Fact]
    public void Open_FailsClosed_WhenTheValueIsMoved()
    {
        Gen.Select(Places, Places, Ids, Ids)
            .Where((here, there, _, _) => here != there)
            .Sample(
                (here, there, alice, bob) =>
                {
                    AccountKey key = Vault.CreateAccountKey(here.Environment, new AccountId(alice));
                    AccountKey other = Vault.CreateAccountKey(here.Environment, new AccountId(bob));
                    byte[] byAccount = Vault.Seal(key, here, Secret.FromText("alice's token"));
                    byte[] byRing = Vault.Seal(here, Secret.FromText("client secret"));

                    Breaks(() => Vault.Open(key, there, byAccount));
                    Breaks(() => Vault.Open(other, here, byAccount));
                    Breaks(() => Vault.Open(there, byRing));
                    Breaks(() => Vault.Open(here, byAccount));
                    Breaks(() => Vault.Open(key, here, byRing));
                },
                iter: 50
            );
    }

    [Fact]
    public void Open_FailsClosed_WhenOnePartOfThePlaceDiffers()
    {
        SealPlace place = SomePlace();
        AccountKey key = Vault.CreateAccountKey(place.Environment, new AccountId(place.Owner));
        byte[] byAccount = Vault.Seal(key, place, Secret.FromText("alice's token"));
        byte[] byRing = Vault.Seal(place, Secret.FromText("client secret"));
        SealPlace[] others =
        [
            place with
            {
                Environment = new EnvironmentId(Guid.NewGuid()),
            },
            place with
            {
                Connection = null,
            },
            place with
            {
                Connection = new ConnectionId(Guid.NewGuid()),
            },
            place with
            {
                Owner = Guid.NewGuid(),
            },
            place with
            {
                Field = SealedFields.RefreshToken,
            },
            place with
            {
                Generation = place.Generation + 1,
            },
        ];

        foreach (SealPlace other in others)
        {
            Breaks(() => Vault.Open(key, other, byAccount));
            Breaks(() => Vault.Open(other, byRing));
        }
    }

    [Fact]
    public void Open_FailsClosed_WhenTheAccountsKeyIsMoved()
    {
        SealPlace place = SomePlace();
        AccountKey key = Vault.CreateAccountKey(place.Environment, new AccountId(place.Owner));
        byte[] sealedValue = Vault.Seal(key, place, Secret.FromText("alice's token"));
        AccountKey[] moved =
        [
            key with
            {
                Account = new AccountId(Guid.NewGuid()),
            },
            key with
            {
                Environment = new EnvironmentId(Guid.NewGuid()),
            },
            key with
            {
                RingKey = new RingKeyId(Guid.NewGuid()),
            },
        ];

        foreach (AccountKey other in moved)
        {
            Breaks(() => Vault.Open(other, place, sealedValue));
            Breaks(() => Vault.Open(other, place with { Environment = other.Environment }, sealedValue));
        }
    }

    [Fact]
    public void Open_TakesAnyBytes_AndFailsInOneWay()
    {
        SealPlace place = SomePlace();
        AccountKey key = Vault.CreateAccountKey(place.Environment, new AccountId(place.Owner));

        Gen.Select(Gen.Byte.Array[0, 200], Gen.Bool)
            .Sample(
                (bytes, plausible) =>
                {
                    if (plausible && bytes.Length > 17)
                    {
                        bytes[0] = SealedFormat.Version;
                        key.RingKey.Value.TryWriteBytes(bytes.AsSpan(1), bigEndian: true, out _);
                    }

                    Breaks(() => Vault.Open(key, place, bytes));
                    Breaks(() => Vault.Open(place, bytes));
                    Breaks(() => Vault.Open(key with { WrappedKey = bytes }, place, bytes));
                },
                iter: 2000
            );
    }

    [Fact]
    public void Seal_NeverRepeatsANonce()
    {
        SealPlace place = SomePlace();

        HashSet<string> nonces =
        [
            .. Enumerable
                .Range(0, 1000)
                .Select(_ => Convert.ToHexString(Vault.Seal(place, Secret.FromText("same")).AsSpan(17, 12))),
        ];

        nonces.Should().HaveCount(1000);
    }

    [Fact]
    public void Mac_DependsOnPurposeAndData_AndNotOnWhereTheyMeet()
    {
        byte[] mac = Vault.Mac("argument", "data"u8);

        Vault.Mac("argument", "data"u8).Should().Equal(mac).And.HaveCount(32);
        Vault.Mac("argumentd", "ata"u8).Should().NotEqual(mac);
        Vault.Mac("page", "data"u8).Should().NotEqual(mac);
    }

    [Fact]
    public async Task OtherInstallation_OpensNothing()
    {
        using TestVault other = await TestVault.OpenedAsync();
        SealPlace place = SomePlace();

        Breaks(() => other.Vault.Open(place, Vault.Seal(place, Secret.FromText("client secret"))));
    }

    private IVault Vault => opened.Vault;

    private static SealPlace SomePlace() =>
        new(
            new EnvironmentId(Guid.NewGuid()),
            new ConnectionId(Guid.NewGuid()),
            Guid.NewGuid(),
            SealedFields.AccessToken,
            Generation: 1
        );

    private static byte[] Flip(byte[] bytes, int bit)
    {
        byte[] flipped = [.. bytes];
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }

    private static void Breaks(Func<Secret> open)
    {
        try
        {
            string value = Encoding.UTF8.GetString(open().Reveal());
            Assert.Fail($"It opened: {value}");
        }
        catch (SealBrokenException broken)
        {
            broken.Message.Should().NotContain("token").And.NotContain("secret");
        }
    }
}
