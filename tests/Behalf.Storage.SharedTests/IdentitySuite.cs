using Behalf.Audit;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Vault;

namespace Behalf.Storage.SharedTests;

public abstract class IdentitySuite : StoreTests
{
    [Fact]
    public async Task Environment_IsRefused_WhenSlugOrPublicUrlIsTaken()
    {
        DeploymentEnvironment first = Acme.NewEnvironment(Storage, "first") with { PublicUrl = "https://one.example" };
        (await Storage.Environments.AddAsync(first, Traces.None, Cancellation)).Should().BeTrue();

        DeploymentEnvironment sameSlug = Acme.NewEnvironment(Storage, "first");
        DeploymentEnvironment sameUrl = Acme.NewEnvironment(Storage, "other") with { PublicUrl = first.PublicUrl };
        Traces trace = Traces.Of(Acme.Draft("environment.added"));

        (await Storage.Environments.AddAsync(sameSlug, trace, Cancellation)).Should().BeFalse();
        (await Storage.Environments.AddAsync(sameUrl, trace, Cancellation)).Should().BeFalse();
        (await Acme.TrailAsync()).Should().BeEmpty("what is refused leaves no trace of having been done");
        (await Storage.Environments.FindBySlugAsync("first", Cancellation)).Should().Be(first);
        (await Storage.Environments.ListAsync(Cancellation)).Should().HaveCount(2);
    }

    [Fact]
    public async Task EnvironmentSettings_AreChangedByOne_WhenManyChangeTheSameVersion()
    {
        DeploymentEnvironment wanted = Acme.Environment with
        {
            VerifyMode = VerifyMode.None,
            DefaultVerifyUrl = "https://app.example/connected",
            ReadBack = true,
            DetailedErrorLogging = true,
            ToolNaming = ToolNaming.Scalekit,
        };

        bool[] changed = await AtOnceAsync(
            20,
            _ => Storage.Environments.ChangeAsync(wanted, Traces.Of(Acme.Draft("environment.changed")), Cancellation)
        );

        changed.Should().ContainSingle(won => won);
        (await Acme.TrailAsync()).Should().ContainSingle();
        (await Storage.Environments.FindAsync(Acme.Id, Cancellation)).Should().Be(wanted with { RowVersion = 2 });
    }

    [Fact]
    public async Task Client_IsFoundByItsClientId_WithLimitsAndSecrets()
    {
        ApiClient client = Acme.NewClient(Storage, Acme.Id) with
        {
            Limits = new CredentialLimits(new HashSet<string> { "practice" }, null),
        };
        await Storage.Clients.AddAsync(client, Traces.None, Cancellation);

        ApiClient? found = await Storage.Clients.FindByClientIdAsync(client.ClientId, Cancellation);

        found.Should().BeEquivalentTo(client);
        (await Storage.Clients.ListAsync(Acme.Id, Cancellation)).Should().HaveCount(2);
    }

    [Fact]
    public async Task ClientSecrets_AreTwoAtMost_WhenRotatedAgainAndAgain()
    {
        Digest second = Acme.RandomDigest();
        Digest third = Acme.RandomDigest();
        DateTimeOffset end = Time.GetUtcNow().AddHours(1);

        await Storage.Clients.RotateSecretAsync(Acme.Id, Acme.Client.Id, second, end, Traces.None, Cancellation);
        await Storage.Clients.RotateSecretAsync(Acme.Id, Acme.Client.Id, third, end, Traces.None, Cancellation);

        ApiClient? client = await Storage.Clients.FindAsync(Acme.Id, Acme.Client.Id, Cancellation);
        client!.Secrets.Select(secret => secret.Digest).Should().Equal(second, third);
        client.Secrets[0].NotAfter.Should().Be(end);
        client.Secrets[1].NotAfter.Should().BeNull();
        Time.Advance(TimeSpan.FromHours(1));
        client = await Storage.Clients.FindAsync(Acme.Id, Acme.Client.Id, Cancellation);
        client!.Secrets.Select(secret => secret.Digest).Should().Equal(third);
    }

    [Fact]
    public async Task Client_IsRemovedByOne_WhenManyRemoveIt()
    {
        bool[] removed = await AtOnceAsync(
            20,
            _ => Storage.Clients.RemoveAsync(Acme.Id, Acme.Client.Id, Traces.Of(Acme.Draft()), Cancellation)
        );

        removed.Should().ContainSingle(won => won);
        (await Acme.TrailAsync()).Should().ContainSingle();
        ApiClient? client = await Storage.Clients.FindByClientIdAsync(Acme.Client.ClientId, Cancellation);
        client!.Enabled.Should().BeFalse();
        client.Epoch.Should().Be(2);
    }

    [Fact]
    public async Task Session_IsReadBackWhole_AndRemovedOnceEnded()
    {
        (_, UserSession session) = await Acme.SessionAsync("alice", TimeSpan.FromMinutes(15));

        (await Storage.Sessions.FindAsync(Acme.Id, session.Id, Cancellation)).Should().BeEquivalentTo(session);
        (await Storage.Sessions.FindByClientIdAsync(session.ClientId, Cancellation)).Should().BeEquivalentTo(session);
        (await Storage.Sessions.RemoveEndedAsync(session.ExpiresAt, Cancellation)).Should().Be(0);
        (await Storage.Sessions.RemoveEndedAsync(session.ExpiresAt.AddSeconds(1), Cancellation)).Should().Be(1);
        (await Storage.Sessions.FindAsync(Acme.Id, session.Id, Cancellation)).Should().BeNull();
    }

    [Fact]
    public async Task User_HasOneIncarnation_WhenManySeeItFirst()
    {
        UserEpoch[] epochs = await AtOnceAsync(
            20,
            _ => Storage.Users.EnsureAsync(Acme.Id, Identifier.Parse("alice"), Cancellation)
        );

        epochs.Distinct().Should().ContainSingle().Which.Should().Be(new UserEpoch(1, 1));
    }

    [Fact]
    public async Task EveryEpoch_Grows_InItsOwnEnvironment_AndNoCallStartsOnAnOlderOne()
    {
        Acme other = await Acme.BuildAsync(Storage, "other");
        CallIntent alice = await Acme.IntentAsync(await Acme.ActiveAccountAsync("alice"));
        CallIntent bob = await Acme.IntentAsync(await Acme.ActiveAccountAsync("bob"));
        CallIntent elsewhere = await other.IntentAsync(await other.ActiveAccountAsync("alice"));

        await Storage.Users.BumpEveryEpochAsync(Acme.Id, Traces.Of(Acme.Draft("environment.revoked")), Cancellation);

        (await Storage.Audit.StartAsync(alice, Cancellation))
            .Should()
            .Be(new StartResult.Refused(StartRefusal.UserSignedOut));
        (await Storage.Audit.StartAsync(bob, Cancellation))
            .Should()
            .Be(new StartResult.Refused(StartRefusal.UserSignedOut));
        (await Storage.Audit.StartAsync(elsewhere, Cancellation)).Should().BeOfType<StartResult.Started>();
        (await Acme.TrailAsync()).Should().ContainSingle(record => record.Draft.Action == "environment.revoked");
    }

    [Fact]
    public async Task UserEpoch_GrowsByOneForEachSignOut()
    {
        Identifier alice = Identifier.Parse("alice");
        await Storage.Users.EnsureAsync(Acme.Id, alice, Cancellation);

        await AtOnceAsync(20, _ => Storage.Users.BumpEpochAsync(Acme.Id, alice, Traces.None, Cancellation));

        (await Storage.Users.FindAsync(Acme.Id, alice, Cancellation)).Should().Be(new UserEpoch(1, 21));
        Identifier unknown = Identifier.Parse("nobody");
        (await Storage.Users.BumpEpochAsync(Acme.Id, unknown, Traces.None, Cancellation)).Should().BeFalse();
    }

    [Fact]
    public async Task User_IsRemoved_OnceNoAccountIsLeft_AndComesBackAsSomebodyNew()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallIntent before = await Acme.IntentAsync(account);
        Task<bool> RemoveAsync() =>
            Storage.Users.RemoveAsync(Acme.Id, account.Identifier, Traces.Of(Acme.Draft("user.removed")), Cancellation);

        (await RemoveAsync()).Should().BeFalse("an account is there");
        (await Storage.Audit.StartAsync(before, Cancellation)).Should().BeOfType<StartResult.Started>();
        (
            await Storage.Accounts.StopAsync(
                account,
                account.RowVersion,
                delete: true,
                "disconnected",
                null,
                Traces.None,
                Cancellation
            )
        )
            .Should()
            .BeTrue();
        (await RemoveAsync()).Should().BeTrue();
        (await RemoveAsync()).Should().BeFalse("nobody is there");

        (await Storage.Users.FindAsync(Acme.Id, account.Identifier, Cancellation)).Should().BeNull();
        (await Storage.Audit.StartAsync(before, Cancellation)).Should().BeOfType<StartResult.Refused>();
        (await Storage.Users.EnsureAsync(Acme.Id, account.Identifier, Cancellation)).Incarnation.Should().Be(2);
        (await Storage.Accounts.OfUserAsync(Acme.Id, account.Identifier, Cancellation)).Should().BeEmpty();
        (await Storage.Audit.StartAsync(before, Cancellation)).Should().BeOfType<StartResult.Refused>();
        (await Acme.TrailAsync()).Should().ContainSingle(record => record.Draft.Action == "user.removed");
    }

    [Theory]
    [InlineData("user_123", "User_123")]
    [InlineData("caf\u00e9", "cafe")]
    [InlineData("a'b", "a''b")]
    [InlineData("a\"b", "ab")]
    [InlineData("\u0430lice", "alice")] // a Cyrillic letter that looks the same
    [InlineData("a b", "a\u00a0b")]
    [InlineData("stra\u00dfe", "strasse")]
    [InlineData("q\u0323\u0307", "q\u0323")] // combining marks without a composed form
    [InlineData("\U0001F600", "\U0001F601")]
    [InlineData("a%b", "a_b")]
    [InlineData("..", "...")]
    public async Task Identifiers_AreTheSame_OnlyWhenTheirBytesAre(string one, string other)
    {
        await Storage.Users.EnsureAsync(Acme.Id, Identifier.Parse(one), Cancellation);
        await Storage.Users.BumpEpochAsync(Acme.Id, Identifier.Parse(one), Traces.None, Cancellation);
        await Acme.AccountAsync(one);

        (await Storage.Users.FindAsync(Acme.Id, Identifier.Parse(other), Cancellation)).Should().BeNull();
        (await Storage.Users.FindAsync(Acme.Id, Identifier.Parse(one), Cancellation)).Should().Be(new UserEpoch(1, 2));
        (await Storage.Accounts.FindAsync(Acme.Id, Acme.Connection.Id, Identifier.Parse(other), Cancellation))
            .Should()
            .BeNull();
        (await Acme.AccountAsync(one)).Identifier.Value.Should().Be(one);
    }

    [Fact]
    public async Task Operator_IsFoundByItsClientId()
    {
        (await Storage.Operators.AnyAsync(Cancellation)).Should().BeFalse();
        OperatorCredential credential = new(Guid.NewGuid(), "operator", Acme.RandomDigest(), 1, Time.GetUtcNow());
        await Storage.Operators.AddAsync(credential, Traces.None, Cancellation);

        (await Storage.Operators.AnyAsync(Cancellation)).Should().BeTrue();
        (await Storage.Operators.FindByClientIdAsync("operator", Cancellation)).Should().Be(credential);
    }

    [Fact]
    public async Task KeyRing_HasOneFirstKeyOfEachKind_WhenManyBringTheirs()
    {
        IReadOnlyList<RingKey> before = await Storage.Keys.ListAsync(Cancellation);

        await AtOnceAsync(
            20,
            async _ =>
            {
                RingKey key = new(
                    RingKeyId.From(Guid.CreateVersion7()),
                    RingKeyKind.Data,
                    RingKeyState.Active,
                    [1],
                    "file",
                    Time.GetUtcNow()
                );
                await Storage.Keys.AddFirstAsync([key], Cancellation);
                return true;
            }
        );

        (await Storage.Keys.ListAsync(Cancellation)).Should().BeEquivalentTo(before);
        before.Select(key => key.Kind).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task ConnectorRevisions_AreStoredOnce_AndTheNewestOfEachSlugIsKnown()
    {
        string old = Digest.Of("old").Hex;
        string newer = Digest.Of("newer").Hex;
        await Storage.Revisions.PutAsync(old, "second", "old", "bundled", Cancellation);
        await Storage.Revisions.PutAsync(newer, "second", "newer", "bundled", Cancellation);
        await Storage.Revisions.PutAsync(old, "second", "altered", "import", Cancellation);

        (await Storage.Revisions.FindAsync(old, Cancellation)).Should().Be("old", "a revision never changes");
        (await Storage.Revisions.FindAsync(Digest.Of("none").Hex, Cancellation)).Should().BeNull();
        (await Storage.Revisions.ListLatestAsync(Cancellation)).Should().Contain(("second", newer)).And.HaveCount(2);
    }
}
