using Behalf.Grants;
using Behalf.Identity;
using Behalf.Registration;

namespace Behalf.Storage.SharedTests;

/// <summary>Grants as their person lists and ends them, and that a pushed request begins one of them at most.</summary>
public abstract class OwnGrantSuite : StoreTests
{
    private static readonly Identifier Alice = Identifier.Parse("alice");

    private IGrantStore Grants => Storage.Get<IGrantStore>();

    private IOwnGrantStore Own => Storage.Get<IOwnGrantStore>();

    [Fact]
    public async Task List_HoldsWhatLives_OfTheOnePerson()
    {
        OAuthClient client = await ClientAsync("listed");
        Grant living = await RedeemedAsync(client, Alice);
        Grant ended = await RedeemedAsync(client, Alice);
        await Grants.EndAsync(Acme.Id, ended.Id, "test", Traces.None, Cancellation);
        await RedeemedAsync(client, Identifier.Parse("bob"));
        await Grants.AddAsync(NewGrant(client, Alice), Traces.None, Cancellation); // its code was never taken

        IReadOnlyList<OwnGrant> listed = await Own.ListAsync(Acme.Id, Alice, Cancellation);
        Time.Advance(TimeSpan.FromDays(31));
        IReadOnlyList<OwnGrant> later = await Own.ListAsync(Acme.Id, Alice, Cancellation);

        OwnGrant only = listed.Should().ContainSingle().Which;
        only.Should()
            .Be(
                new OwnGrant(
                    client.Id,
                    client.ClientId,
                    living.ClientName,
                    living.Epoch,
                    living.Scopes,
                    living.CreatedAt,
                    only.ExpiresAt
                )
            );
        later.Should().BeEmpty();
    }

    [Fact]
    public async Task End_EndsAllOfOneClient_AndForgetsTheConsent()
    {
        OAuthClient client = await ClientAsync("ended");
        OAuthClient other = await ClientAsync("other");
        Grant first = await RedeemedAsync(client, Alice);
        Grant second = await RedeemedAsync(client, Alice);
        Grant kept = await RedeemedAsync(other, Alice);
        Grant bobs = await RedeemedAsync(client, Identifier.Parse("bob"));
        Consent consent = new(Acme.Id, Alice, client.Id, 1, ScopeSet.Parse("tools:read"), client.Metadata);
        await Grants.KeepConsentAsync(consent, Traces.None, Cancellation);

        (await EndAsync(client)).Should().BeTrue();

        (await Own.ListAsync(Acme.Id, Alice, Cancellation)).Should().ContainSingle(grant => grant.Client == other.Id);
        foreach ((Grant grant, bool lives) in new[] { (first, false), (second, false), (kept, true), (bobs, true) })
        {
            Grant now = (await Grants.FindAsync(Acme.Id, grant.Id, Cancellation))!;
            (now.EndedAt is null).Should().Be(lives);
        }

        (await Grants.FindConsentAsync(Acme.Id, Alice, client.Id, Cancellation)).Should().BeNull();
        (await EndAsync(client)).Should().BeFalse();
    }

    [Fact]
    public async Task PushedRequest_BeginsOneGrant_OfHoweverManyTry()
    {
        OAuthClient client = await ClientAsync("pushed");
        Digest pushed = Acme.RandomDigest();

        bool[] added = await AtOnceAsync(
            10,
            _ => Grants.AddAsync(NewGrant(client, Alice) with { PushedRequest = pushed }, Traces.None, Cancellation)
        );

        added.Should().ContainSingle(won => won);
        (await Grants.AddAsync(NewGrant(client, Alice), Traces.None, Cancellation))
            .Should()
            .BeTrue("it was not pushed");
        (await Grants.AddAsync(NewGrant(client, Alice), Traces.None, Cancellation)).Should().BeTrue("nor was this");
    }

    private Task<bool> EndAsync(OAuthClient client) =>
        Own.EndAsync(Acme.Id, Alice, client.Id, "ended_by_person", Traces.None, Cancellation);

    private async Task<Grant> RedeemedAsync(OAuthClient client, Identifier user)
    {
        Grant grant = NewGrant(client, user);
        (await Grants.AddAsync(grant, Traces.None, Cancellation)).Should().BeTrue();
        (await Grants.RedeemAsync(Acme.Id, grant.Id, null, Time.GetUtcNow().AddDays(30), Cancellation))
            .Should()
            .BeTrue();
        return grant;
    }

    private async Task<OAuthClient> ClientAsync(string id)
    {
        OAuthClient client = new()
        {
            Environment = Acme.Id,
            Id = EntityId.New<OAuthClientId>(Time),
            ClientId = id,
            Kind = OAuthClientKind.Static,
            Name = $"Client {id}",
            RedirectUris = ["https://client.example/callback"],
            Metadata = Acme.RandomDigest(),
            CreatedAt = Time.GetUtcNow(),
        };
        (await Storage.Get<IOAuthClientStore>().AddAsync(client, Traces.None, Cancellation)).Should().BeTrue();
        return client;
    }

    private Grant NewGrant(OAuthClient client, Identifier user) =>
        new()
        {
            Environment = Acme.Id,
            Id = EntityId.New<GrantId>(Time),
            Client = client.Id,
            ClientId = client.ClientId,
            ClientName = client.Name,
            Identifier = user,
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
}
