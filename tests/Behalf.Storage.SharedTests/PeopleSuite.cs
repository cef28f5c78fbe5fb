using Behalf.Audit;
using Behalf.Connections;
using Behalf.Grants;
using Behalf.Identity;
using Behalf.Mcp;
using Behalf.People;
using Behalf.Registration;

namespace Behalf.Storage.SharedTests;

/// <summary>People, their browsers, MCP clients, and what people allowed them.</summary>
public abstract class PeopleSuite : StoreTests
{
    private IPersonStore People => Storage.Get<IPersonStore>();

    private ISignInSessionStore Sessions => Storage.Get<ISignInSessionStore>();

    private IIdentityProviderStore Providers => Storage.Get<IIdentityProviderStore>();

    private IOAuthClientStore Clients => Storage.Get<IOAuthClientStore>();

    private IGrantStore Grants => Storage.Get<IGrantStore>();

    private IGroupPolicyStore Rules => Storage.Get<IGroupPolicyStore>();

    [Fact]
    public async Task Person_IsFoundAsAdded_AndOnceOnly()
    {
        Person alice = NewPerson("alice") with { TotpSealed = [1, 2, 3] };

        (await People.AddAsync(alice, Traces.None, Cancellation)).Should().BeTrue();
        (await People.AddAsync(alice, Traces.None, Cancellation)).Should().BeFalse();

        (await People.FindAsync(Acme.Id, alice.Identifier, Cancellation)).Should().BeEquivalentTo(alice);
        (await People.FindAsync(Acme.Id, Identifier.Parse("Alice"), Cancellation)).Should().BeNull();
        (await People.ListAsync(Acme.Id, 10, Cancellation)).Should().ContainSingle();
    }

    [Fact]
    public async Task Subject_OfAProvider_IsOnePerson()
    {
        Person kim = NewPerson("kim") with { Issuer = "https://idp.example", Subject = "1", PasswordHash = null };
        Person twin = kim with { Identifier = Identifier.Parse("twin") };

        (await People.AddAsync(kim, Traces.None, Cancellation)).Should().BeTrue();
        (await People.AddAsync(twin, Traces.None, Cancellation)).Should().BeFalse();

        (await People.FindBySubjectAsync(Acme.Id, "https://idp.example", "1", Cancellation))
            .Should()
            .BeEquivalentTo(kim);
        (await People.FindBySubjectAsync(Acme.Id, "https://idp.example/", "1", Cancellation)).Should().BeNull();
    }

    [Fact]
    public async Task Person_IsChangedByOne_WhenManyChangeTheSameVersion()
    {
        Person alice = NewPerson("alice");
        await People.AddAsync(alice, Traces.None, Cancellation);

        bool[] changed = await AtOnceAsync(
            10,
            _ => People.ChangeAsync(alice with { Enabled = false, Groups = ["staff"] }, Traces.None, Cancellation)
        );

        changed.Should().ContainSingle(won => won);
        Person now = (await People.FindAsync(Acme.Id, alice.Identifier, Cancellation))!;
        now.Enabled.Should().BeFalse();
        now.Groups.Should().Equal("staff");
        now.RowVersion.Should().Be(2);
    }

    [Fact]
    public async Task OneTimePassword_IsTakenByOne()
    {
        Person alice = NewPerson("alice");
        await People.AddAsync(alice, Traces.None, Cancellation);

        bool[] taken = await AtOnceAsync(
            10,
            _ => People.TakeTotpStepAsync(Acme.Id, alice.Identifier, 57, Cancellation)
        );

        taken.Should().ContainSingle(won => won);
        (await People.TakeTotpStepAsync(Acme.Id, alice.Identifier, 56, Cancellation)).Should().BeFalse("it is older");
    }

    [Fact]
    public async Task Session_IsFoundByItsDigest_AndRemovedAfterItsEnd()
    {
        SignInSession session = new(
            Acme.RandomDigest(),
            Acme.Id,
            Identifier.Parse("alice"),
            new UserEpoch(1, 2),
            Time.GetUtcNow(),
            Time.GetUtcNow().AddHours(1)
        );
        await Sessions.AddAsync(session, Traces.None, Cancellation);

        (await Sessions.FindAsync(session.Token, Cancellation)).Should().Be(session);
        (await Sessions.RemoveEndedAsync(Cancellation)).Should().Be(0);
        Time.Advance(TimeSpan.FromHours(2));
        (await Sessions.RemoveEndedAsync(Cancellation)).Should().Be(1);
        (await Sessions.FindAsync(session.Token, Cancellation)).Should().BeNull();
    }

    [Fact]
    public async Task Provider_IsOnePerEnvironment()
    {
        IdentityProvider first = new()
        {
            Environment = Acme.Id,
            Issuer = "https://one.example",
            ClientId = "behalf",
            ClientSecretSealed = [1, 2],
            Scopes = ScopeSet.Parse("openid"),
            IdentifierClaim = "sub",
        };
        await Providers.SetAsync(first, Traces.None, Cancellation);
        IdentityProvider second = first with { Issuer = "https://two.example", GroupsClaim = "groups" };
        await Providers.SetAsync(second, Traces.None, Cancellation);

        (await Providers.FindAsync(Acme.Id, Cancellation)).Should().BeEquivalentTo(second);
        (await Providers.RemoveAsync(Acme.Id, Traces.None, Cancellation)).Should().BeTrue();
        (await Providers.FindAsync(Acme.Id, Cancellation)).Should().BeNull();
    }

    [Fact]
    public async Task Client_KeepsTheIdOfTheFirstWriter_WhateverItsDocumentSaysLater()
    {
        OAuthClient first = NewClient("https://client.example/id.json", OAuthClientKind.Document);
        OAuthClient kept = await Clients.KeepAsync(first, Traces.None, Cancellation);
        OAuthClient later = NewClient("https://client.example/id.json", OAuthClientKind.Document) with
        {
            Name = "Renamed",
            Metadata = Acme.RandomDigest(),
        };

        OAuthClient now = await Clients.KeepAsync(later, Traces.None, Cancellation);

        kept.Should().BeEquivalentTo(first);
        now.Should().BeEquivalentTo(later with { Id = first.Id });
        (await Clients.FindAsync(Acme.Id, first.ClientId, Cancellation)).Should().BeEquivalentTo(now);
    }

    [Fact]
    public async Task UnusedRegistrations_AreRemoved_AndThoseWithALivingGrantAreNot()
    {
        OAuthClient unused = NewClient("unused", OAuthClientKind.Dynamic);
        OAuthClient used = NewClient("used", OAuthClientKind.Dynamic);
        OAuthClient added = NewClient("added", OAuthClientKind.Static);
        foreach (OAuthClient client in new[] { unused, used, added })
        {
            (await Clients.AddAsync(client, Traces.None, Cancellation)).Should().BeTrue();
        }

        (await Clients.CountUnusedAsync(Acme.Id, Cancellation)).Should().Be(2);
        await Grants.AddAsync(
            NewGrant(used) with
            {
                ExpiresAt = Time.GetUtcNow().AddDays(30),
            },
            Traces.None,
            Cancellation
        );
        await Clients.UsedAsync(Acme.Id, used.Id, Cancellation);
        (await Clients.CountUnusedAsync(Acme.Id, Cancellation)).Should().Be(1);
        Time.Advance(TimeSpan.FromDays(2));

        int removed = await Clients.RemoveStaleAsync(
            Time.GetUtcNow().AddDays(-1),
            Time.GetUtcNow().AddDays(-1),
            Cancellation
        );

        removed.Should().Be(1);
        (await Clients.ListAsync(Acme.Id, 10, Cancellation))
            .Select(client => client.ClientId)
            .Should()
            .BeEquivalentTo("used", "added");
    }

    [Fact]
    public async Task RemovedClient_TakesItsConsentsAndGrantsAlong()
    {
        OAuthClient client = await ClientAsync();
        Grant grant = NewGrant(client);
        await Grants.AddAsync(grant, Traces.None, Cancellation);
        await Grants.KeepConsentAsync(NewConsent(client, "tools:read"), Traces.None, Cancellation);

        (await Clients.RemoveAsync(Acme.Id, client.ClientId, Traces.None, Cancellation)).Should().BeTrue();

        (await Grants.FindAsync(Acme.Id, grant.Id, Cancellation))!.EndedAt.Should().NotBeNull();
        (await Grants.FindConsentAsync(Acme.Id, grant.Identifier, client.Id, Cancellation)).Should().BeNull();
        (await Clients.RemoveAsync(Acme.Id, client.ClientId, Traces.None, Cancellation)).Should().BeFalse();
    }

    [Fact]
    public async Task Consent_IsTheLatest()
    {
        OAuthClient client = await ClientAsync();
        await Grants.KeepConsentAsync(NewConsent(client, "tools:read"), Traces.None, Cancellation);
        Consent latest = NewConsent(client, "tools:read tools:write");
        await Grants.KeepConsentAsync(latest, Traces.None, Cancellation);

        (await Grants.FindConsentAsync(Acme.Id, latest.Identifier, client.Id, Cancellation)).Should().Be(latest);
    }

    [Fact]
    public async Task Consent_IsOfOnePerson()
    {
        OAuthClient client = await ClientAsync();
        Consent alices = NewConsent(client, "tools:read");
        var bob = Identifier.Parse("bob");
        await Grants.KeepConsentAsync(alices, Traces.None, Cancellation);

        (await Grants.FindConsentAsync(Acme.Id, bob, client.Id, Cancellation)).Should().BeNull();
        (await Grants.FindConsentAsync(Acme.Id, Identifier.Parse("Alice"), client.Id, Cancellation)).Should().BeNull();
        Consent bobs = NewConsent(client, "tools:write") with { Identifier = bob };
        await Grants.KeepConsentAsync(bobs, Traces.None, Cancellation);

        (await Grants.FindConsentAsync(Acme.Id, alices.Identifier, client.Id, Cancellation)).Should().Be(alices);
        (await Grants.FindConsentAsync(Acme.Id, bob, client.Id, Cancellation)).Should().Be(bobs);
    }

    [Fact]
    public async Task Code_IsTakenByOne_AndNotAfterItsTime()
    {
        OAuthClient client = await ClientAsync();
        Grant grant = NewGrant(client);
        Grant late = NewGrant(client);
        await Grants.AddAsync(grant, Traces.None, Cancellation);
        await Grants.AddAsync(late, Traces.None, Cancellation);

        bool[] taken = await AtOnceAsync(
            20,
            _ => Grants.RedeemAsync(Acme.Id, grant.Id, Acme.RandomDigest(), Time.GetUtcNow().AddDays(1), Cancellation)
        );

        taken.Should().ContainSingle(won => won);
        Grant found = (await Grants.FindByCodeAsync(grant.Code, Cancellation))!;
        found.RedeemedAt.Should().NotBeNull();
        found.Refresh.Should().NotBeNull();
        found.Should().BeEquivalentTo(await Grants.FindAsync(Acme.Id, grant.Id, Cancellation));
        Time.Advance(TimeSpan.FromSeconds(61));
        (await Grants.RedeemAsync(Acme.Id, late.Id, null, Time.GetUtcNow().AddDays(1), Cancellation))
            .Should()
            .BeFalse();
    }

    [Fact]
    public async Task RefreshToken_IsReplacedByOne_AndNeverAfterTheEnd()
    {
        OAuthClient client = await ClientAsync();
        Grant grant = NewGrant(client);
        Digest first = Acme.RandomDigest();
        await Grants.AddAsync(grant, Traces.None, Cancellation);
        await Grants.RedeemAsync(Acme.Id, grant.Id, first, Time.GetUtcNow().AddDays(1), Cancellation);
        Digest[] next = [.. Enumerable.Range(0, 10).Select(_ => Acme.RandomDigest())];

        bool[] rotated = await AtOnceAsync(
            10,
            i => Grants.RotateAsync(Acme.Id, grant.Id, first, next[i], Time.GetUtcNow().AddDays(1), Cancellation)
        );

        rotated.Should().ContainSingle(won => won);
        Grant now = (await Grants.FindAsync(Acme.Id, grant.Id, Cancellation))!;
        now.Replaced.Should().Be(first);
        now.Refresh.Should().Be(next[Array.IndexOf(rotated, true)]);
        (await Grants.EndAsync(Acme.Id, grant.Id, "test", Traces.None, Cancellation)).Should().BeTrue();
        (await Grants.EndAsync(Acme.Id, grant.Id, "test", Traces.None, Cancellation)).Should().BeFalse();
        (
            await Grants.RotateAsync(
                Acme.Id,
                grant.Id,
                now.Refresh!.Value,
                first,
                Time.GetUtcNow().AddDays(1),
                Cancellation
            )
        )
            .Should()
            .BeFalse();
        Time.Advance(TimeSpan.FromDays(1));
        (await Grants.RemoveEndedAsync(Time.GetUtcNow(), Cancellation)).Should().Be(1);
    }

    [Fact]
    public async Task Call_StartsOnAPersonsLiveGrant_AndOnNoOther()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        OAuthClient client = await ClientAsync();
        Grant alices = NewGrant(client);
        Grant bobs = NewGrant(client) with { Identifier = Identifier.Parse("bob") };
        await Grants.AddAsync(alices, Traces.None, Cancellation);
        await Grants.AddAsync(bobs, Traces.None, Cancellation);

        (await StartAsync(account, alices.Id)).Should().BeOfType<StartResult.Started>();
        (await StartAsync(account, bobs.Id))
            .Should()
            .BeOfType<StartResult.Refused>()
            .Which.Reason.Should()
            .Be(StartRefusal.SessionEnded);
        (await StartAsync(account, EntityId.New<GrantId>(Time))).Should().BeOfType<StartResult.Refused>();
        await Grants.EndAsync(Acme.Id, alices.Id, "test", Traces.None, Cancellation);
        (await StartAsync(account, alices.Id)).Should().BeOfType<StartResult.Refused>();
    }

    [Fact]
    public async Task Rule_IsOnePerGroupAndConnection()
    {
        GroupRule rule = new(Acme.Id, "staff", Acme.Connection.Id, Acme.Connection.Name, []);
        await Rules.SetAsync(rule, Traces.None, Cancellation);
        await Rules.SetAsync(rule with { Tools = ["practice_list_tasks"] }, Traces.None, Cancellation);

        GroupRule only = (await Rules.ListAsync(Acme.Id, Cancellation)).Should().ContainSingle().Subject;
        only.Tools.Should().Equal("practice_list_tasks");
        only.ConnectionName.Should().Be(Acme.Connection.Name);
        (await Rules.RemoveAsync(Acme.Id, "Staff", rule.Connection, Traces.None, Cancellation)).Should().BeFalse();
        (await Rules.RemoveAsync(Acme.Id, "staff", rule.Connection, Traces.None, Cancellation)).Should().BeTrue();
        (await Rules.ListAsync(Acme.Id, Cancellation)).Should().BeEmpty();
    }

    private async Task<StartResult> StartAsync(ConnectedAccount account, GrantId grant)
    {
        Principal person = new()
        {
            Kind = PrincipalKind.Person,
            Environment = Acme.Id,
            ClientId = "client",
            DisplayName = "client",
            Client = null,
            ClientEpoch = 0,
            Grant = grant,
            Subject = account.Identifier,
            SubjectEpoch = await Storage.Users.EnsureAsync(Acme.Id, account.Identifier, Cancellation),
        };
        return await Storage.Audit.StartAsync(await Acme.IntentAsync(account, person), Cancellation);
    }

    private async Task<OAuthClient> ClientAsync()
    {
        OAuthClient client = NewClient($"client-{Guid.NewGuid():n}", OAuthClientKind.Static);
        await Clients.AddAsync(client, Traces.None, Cancellation);
        return client;
    }

    private Person NewPerson(string name) =>
        new()
        {
            Environment = Acme.Id,
            Identifier = Identifier.Parse(name),
            Name = name,
            Groups = ["one", "two"],
            PasswordHash = "a hash",
            Enabled = true,
            CreatedAt = Time.GetUtcNow(),
            RowVersion = 1,
        };

    private OAuthClient NewClient(string clientId, OAuthClientKind kind) =>
        new()
        {
            Environment = Acme.Id,
            Id = EntityId.New<OAuthClientId>(Time),
            ClientId = clientId,
            Kind = kind,
            Name = "A client",
            RedirectUris = ["https://client.example/callback", "http://127.0.0.1/callback"],
            Metadata = Acme.RandomDigest(),
            CreatedAt = Time.GetUtcNow(),
            FreshUntil = kind == OAuthClientKind.Document ? Time.GetUtcNow().AddMinutes(10) : null,
        };

    private Grant NewGrant(OAuthClient client) =>
        new()
        {
            Environment = Acme.Id,
            Id = EntityId.New<GrantId>(Time),
            Client = client.Id,
            ClientId = client.ClientId,
            ClientName = client.Name,
            Identifier = Identifier.Parse("alice"),
            Epoch = new UserEpoch(1, 1),
            Resource = "https://behalf.example/mcp",
            Scopes = ScopeSet.Parse("tools:read offline_access"),
            RedirectUri = "https://client.example/callback",
            CodeChallenge = "challenge",
            Code = Acme.RandomDigest(),
            CodeExpiresAt = Time.GetUtcNow().AddSeconds(60),
            CreatedAt = Time.GetUtcNow(),
            ExpiresAt = Time.GetUtcNow().AddSeconds(60),
        };

    private Consent NewConsent(OAuthClient client, string scopes) =>
        new(Acme.Id, Identifier.Parse("alice"), client.Id, 1, ScopeSet.Parse(scopes), client.Metadata);
}
