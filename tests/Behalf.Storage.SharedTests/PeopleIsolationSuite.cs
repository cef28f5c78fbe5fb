using Behalf.Grants;
using Behalf.Identity;
using Behalf.Mcp;
using Behalf.People;
using Behalf.Registration;

namespace Behalf.Storage.SharedTests;

/// <summary>
/// As <see cref="IsolationSuite"/>, for who signs in, what they allowed, and what MCP servers there are: what one
/// environment has is unknown in another, by every look-up and every change.
/// </summary>
public abstract class PeopleIsolationSuite : StoreTests
{
    private static readonly Identifier Alice = Identifier.Parse("alice");

    private Acme? _other;

    private Acme Other => _other!;

    private async Task BuildAsync() => _other = await Acme.BuildAsync(Storage, "other");

    [Fact]
    public async Task Person_IsNobody_UnderAnotherEnvironment()
    {
        await BuildAsync();
        IPersonStore people = Storage.Get<IPersonStore>();
        Person alice = new()
        {
            Environment = Acme.Id,
            Identifier = Alice,
            Issuer = "https://idp.example",
            Subject = "1",
            Name = "Alice",
            Groups = ["staff"],
            Enabled = true,
            CreatedAt = Time.GetUtcNow(),
            RowVersion = 1,
        };
        Person claimed = alice with { Environment = Other.Id };
        (await people.AddAsync(alice, Traces.None, Cancellation)).Should().BeTrue();

        (await people.FindAsync(Other.Id, Alice, Cancellation)).Should().BeNull();
        (await people.FindBySubjectAsync(Other.Id, "https://idp.example", "1", Cancellation)).Should().BeNull();
        (await people.ListAsync(Other.Id, 10, Cancellation)).Should().BeEmpty();
        (await people.ChangeAsync(claimed with { Enabled = false }, Traces.None, Cancellation)).Should().BeFalse();
        (await people.TakeTotpStepAsync(Other.Id, Alice, 7, Cancellation)).Should().BeFalse();
        (await people.RemoveAsync(Other.Id, Alice, Traces.None, Cancellation)).Should().BeFalse();
        (await people.FindAsync(Acme.Id, Alice, Cancellation)).Should().BeEquivalentTo(alice);

        (await people.AddAsync(claimed, Traces.None, Cancellation)).Should().BeTrue("names are each environment's own");
        (await people.RemoveAsync(Other.Id, Alice, Traces.None, Cancellation)).Should().BeTrue();
        (await people.FindAsync(Acme.Id, Alice, Cancellation)).Should().BeEquivalentTo(alice);
    }

    [Fact]
    public async Task Provider_IsOfItsEnvironment()
    {
        await BuildAsync();
        IIdentityProviderStore providers = Storage.Get<IIdentityProviderStore>();
        IdentityProvider provider = new()
        {
            Environment = Acme.Id,
            Issuer = "https://idp.example",
            ClientId = "behalf",
            Scopes = ScopeSet.Parse("openid"),
            IdentifierClaim = "sub",
        };
        await providers.SetAsync(provider, Traces.None, Cancellation);

        (await providers.FindAsync(Other.Id, Cancellation)).Should().BeNull();
        (await providers.RemoveAsync(Other.Id, Traces.None, Cancellation)).Should().BeFalse();
        (await providers.FindAsync(Acme.Id, Cancellation)).Should().BeEquivalentTo(provider);
    }

    [Fact]
    public async Task Client_IsUnknown_UnderAnotherEnvironment()
    {
        await BuildAsync();
        IOAuthClientStore clients = Storage.Get<IOAuthClientStore>();
        OAuthClient client = NewClient("https://client.example/id.json", OAuthClientKind.Document);
        OAuthClient registered = NewClient("oac_registered", OAuthClientKind.Dynamic);
        await clients.KeepAsync(client, Traces.None, Cancellation);
        await clients.AddAsync(registered, Traces.None, Cancellation);

        (await clients.FindAsync(Other.Id, client.ClientId, Cancellation)).Should().BeNull();
        (await clients.ListAsync(Other.Id, 10, Cancellation)).Should().BeEmpty();
        (await clients.CountUnusedAsync(Other.Id, Cancellation)).Should().Be(0);
        await clients.UsedAsync(Other.Id, registered.Id, Cancellation);
        (await clients.CountUnusedAsync(Acme.Id, Cancellation)).Should().Be(1, "it was not used here");
        (await clients.RemoveAsync(Other.Id, client.ClientId, Traces.None, Cancellation)).Should().BeFalse();

        OAuthClient twin = client with
        {
            Environment = Other.Id,
            Id = EntityId.New<OAuthClientId>(Time),
            Name = "Twin",
        };
        (await clients.KeepAsync(twin, Traces.None, Cancellation)).Should().BeEquivalentTo(twin);
        (await clients.FindAsync(Acme.Id, client.ClientId, Cancellation)).Should().BeEquivalentTo(client);
        (await clients.RemoveAsync(Other.Id, client.ClientId, Traces.None, Cancellation)).Should().BeTrue();
        (await clients.FindAsync(Acme.Id, client.ClientId, Cancellation)).Should().BeEquivalentTo(client);
    }

    [Fact]
    public async Task GrantAndConsent_AreNothing_UnderAnotherEnvironment()
    {
        await BuildAsync();
        IGrantStore grants = Storage.Get<IGrantStore>();
        IOwnGrantStore own = Storage.Get<IOwnGrantStore>();
        OAuthClient client = NewClient("oac_added", OAuthClientKind.Static);
        await Storage.Get<IOAuthClientStore>().AddAsync(client, Traces.None, Cancellation);
        Grant grant = NewGrant(client);
        Digest first = Acme.RandomDigest();
        DateTimeOffset later = Time.GetUtcNow().AddDays(1);
        Consent consent = new(Acme.Id, Alice, client.Id, 1, grant.Scopes, client.Metadata);
        await grants.AddAsync(grant, Traces.None, Cancellation);
        await grants.KeepConsentAsync(consent, Traces.None, Cancellation);

        (await grants.FindAsync(Other.Id, grant.Id, Cancellation)).Should().BeNull();
        (await grants.RedeemAsync(Other.Id, grant.Id, first, later, Cancellation)).Should().BeFalse();
        (await grants.RedeemAsync(Acme.Id, grant.Id, first, later, Cancellation)).Should().BeTrue();
        (await grants.RotateAsync(Other.Id, grant.Id, first, Acme.RandomDigest(), later, Cancellation))
            .Should()
            .BeFalse();
        (await grants.EndAsync(Other.Id, grant.Id, "test", Traces.None, Cancellation)).Should().BeFalse();
        (await grants.FindConsentAsync(Other.Id, Alice, client.Id, Cancellation)).Should().BeNull();
        (await own.ListAsync(Other.Id, Alice, Cancellation)).Should().BeEmpty();
        (await own.EndAsync(Other.Id, Alice, client.Id, "test", Traces.None, Cancellation)).Should().BeFalse();

        Grant now = (await grants.FindAsync(Acme.Id, grant.Id, Cancellation))!;
        (now.EndedAt, now.Refresh).Should().Be((null, first));
        (await grants.FindConsentAsync(Acme.Id, Alice, client.Id, Cancellation)).Should().Be(consent);
        (await own.ListAsync(Acme.Id, Alice, Cancellation)).Should().ContainSingle();
    }

    [Fact]
    public async Task GroupRule_IsNone_UnderAnotherEnvironment()
    {
        await BuildAsync();
        IGroupPolicyStore rules = Storage.Get<IGroupPolicyStore>();
        GroupRule rule = new(Acme.Id, "staff", Acme.Connection.Id, Acme.Connection.Name, ["practice_list"]);
        await rules.SetAsync(rule, Traces.None, Cancellation);

        (await rules.ListAsync(Other.Id, Cancellation)).Should().BeEmpty();
        (await rules.RemoveAsync(Other.Id, "staff", rule.Connection, Traces.None, Cancellation)).Should().BeFalse();
        (await rules.ListAsync(Acme.Id, Cancellation))
            .Should()
            .ContainSingle()
            .Which.Tools.Should()
            .Equal("practice_list");
    }

    [Fact]
    public async Task McpServers_AreNone_UnderAnotherEnvironment()
    {
        await BuildAsync();
        McpConfig config = NewConfig();
        McpInstance instance = NewInstance(config);
        (await Storage.McpConfigs.AddConfigAsync(config, Traces.None, Cancellation)).Should().BeTrue();
        await Storage.McpInstances.EnsureInstanceAsync(instance, Traces.None, Cancellation);

        (await Storage.McpConfigs.FindConfigAsync(Other.Id, config.Id, Cancellation)).Should().BeNull();
        (await Storage.McpConfigs.FindConfigAsync(Other.Id, "team", Cancellation)).Should().BeNull();
        McpConfigFilter configs = new() { Environment = Other.Id };
        (await Storage.McpConfigs.ListConfigsAsync(configs, new PageRequest(10), Cancellation))
            .Items.Should()
            .BeEmpty();
        (
            await Storage.McpConfigs.UpdateConfigAsync(
                config with
                {
                    Environment = Other.Id,
                    Description = "taken over",
                },
                Traces.None,
                Cancellation
            )
        )
            .Should()
            .BeFalse();
        (await Storage.McpConfigs.RemoveConfigAsync(Other.Id, config.Id, Traces.None, Cancellation)).Should().BeFalse();

        (await Storage.McpInstances.FindInstanceAsync(Other.Id, instance.Id, Cancellation)).Should().BeNull();
        McpInstanceFilter instances = new() { Environment = Other.Id };
        (await Storage.McpInstances.ListInstancesAsync(instances, new PageRequest(10), Cancellation))
            .Items.Should()
            .BeEmpty();
        await Storage.McpInstances.TouchInstanceAsync(Other.Id, instance.Id, Cancellation);
        McpInstance claimed = instance with { Environment = Other.Id, Name = "taken over" };
        (await Storage.McpInstances.UpdateInstanceAsync(claimed, Traces.None, Cancellation)).Should().NotBeNull();
        (await Storage.McpInstances.RemoveInstanceAsync(Other.Id, instance.Id, Traces.None, Cancellation))
            .Should()
            .BeFalse();
        McpInstance foreign = NewInstance(config) with { Environment = Other.Id };
        (await Storage.McpInstances.EnsureInstanceAsync(foreign, Traces.None, Cancellation))
            .Should()
            .BeNull("the config is none of that environment");

        (await Storage.McpConfigs.FindConfigAsync(Acme.Id, config.Id, Cancellation)).Should().BeEquivalentTo(config);
        (await Storage.McpInstances.FindInstanceAsync(Acme.Id, instance.Id, Cancellation))
            .Should()
            .BeEquivalentTo(instance);
    }

    private OAuthClient NewClient(string clientId, OAuthClientKind kind) =>
        new()
        {
            Environment = Acme.Id,
            Id = EntityId.New<OAuthClientId>(Time),
            ClientId = clientId,
            Kind = kind,
            Name = "A client",
            RedirectUris = ["https://client.example/callback"],
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
            Identifier = Alice,
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

    private McpConfig NewConfig() =>
        new()
        {
            Environment = Acme.Id,
            Id = EntityId.New<McpConfigId>(Time),
            Name = "team",
            Mappings =
            [
                new McpMapping(Acme.Connection.Id, Acme.Connection.Name, Acme.Connection.Connector, ["practice_list"]),
            ],
            Server = Guid.NewGuid(),
            UpdatedAt = Time.GetUtcNow(),
            RowVersion = 1,
        };

    private McpInstance NewInstance(McpConfig config) =>
        new()
        {
            Environment = Acme.Id,
            Id = EntityId.New<McpInstanceId>(Time),
            Name = "team of alice",
            Identifier = Alice,
            Config = config,
            Server = Guid.NewGuid(),
            UpdatedAt = Time.GetUtcNow(),
            RowVersion = 1,
        };
}
