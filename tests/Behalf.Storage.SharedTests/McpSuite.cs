using Behalf.Mcp;

namespace Behalf.Storage.SharedTests;

public abstract class McpSuite : StoreTests
{
    [Fact]
    public async Task Config_IsReadBackWhole()
    {
        McpConfig config = NewConfig("team") with { Description = "Everything the team needs." };

        (await Storage.McpConfigs.AddConfigAsync(config, Traces.Of(Acme.Draft()), Cancellation)).Should().BeTrue();

        McpConfig? byId = await Storage.McpConfigs.FindConfigAsync(Acme.Id, config.Id, Cancellation);
        byId.Should().BeEquivalentTo(config);
        (await Storage.McpConfigs.FindConfigAsync(Acme.Id, "team", Cancellation)).Should().BeEquivalentTo(config);
        (await Storage.McpConfigs.FindServerAsync(config.Server, Cancellation)).Should().BeEquivalentTo(config);
        (await Storage.McpConfigs.FindServerAsync(Guid.NewGuid(), Cancellation)).Should().BeNull();
        (await Acme.TrailAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task Name_IsTakenOnce_AndServersOfOneUserHaveNone()
    {
        await AddAsync(NewConfig("team"));

        (await Storage.McpConfigs.AddConfigAsync(NewConfig("team"), Traces.Of(Acme.Draft()), Cancellation))
            .Should()
            .BeFalse();
        await AddAsync(NewUsersServer("alice"));
        await AddAsync(NewUsersServer("alice"));

        (await Acme.TrailAsync()).Should().BeEmpty("the refused config left nothing");
    }

    [Fact]
    public async Task Configs_AreListedByEveryFilter_PageByPage()
    {
        McpConfig[] configs = [NewConfig("alpha"), NewConfig("alpha-two"), NewConfig("a%pha")];
        foreach (McpConfig config in configs)
        {
            await AddAsync(config);
        }

        configs = [.. configs.OrderBy(config => config.Id.Value.ToString("N"), StringComparer.Ordinal)]; // pages go by id
        string[] names = [.. configs.Select(config => config.Name!)];

        McpConfig users = NewUsersServer("alice");
        await AddAsync(users);
        McpConfigFilter all = new() { Environment = Acme.Id };

        Page<McpConfig> first = await ListAsync(all, new PageRequest(2));
        first.Items.Select(config => config.Name).Should().Equal(names[..2]);
        first.TotalSize.Should().Be(3);
        Page<McpConfig> second = await ListAsync(all, new PageRequest(2, After: first.Next));
        second.Items.Select(config => config.Name).Should().Equal(names[2]);
        second.Next.Should().BeNull();

        (await NamesAsync(all with { NamePrefix = "alpha" })).Should().BeEquivalentTo("alpha", "alpha-two");
        (await NamesAsync(all with { NamePrefix = "a%" })).Should().Equal("a%pha");
        (await NamesAsync(all with { Name = "alpha" })).Should().Equal("alpha");
        (await NamesAsync(all with { Id = configs[1].Id })).Should().Equal(names[1]);
        (await NamesAsync(all with { Server = configs[2].Server })).Should().Equal(names[2]);
        (await NamesAsync(all with { Connector = Acme.Connection.Connector })).Should().HaveCount(3);
        (await NamesAsync(all with { Connector = "another" })).Should().BeEmpty();
        (await NamesAsync(all with { Name = names[0], Id = configs[1].Id }))
            .Should()
            .BeEmpty("filters narrow together");
        McpConfigFilter ofAlice = all with { OfOneUser = true, Identifier = Identifier.Parse("alice") };
        (await ListAsync(ofAlice, new PageRequest(10))).Items.Should().ContainSingle().Which.Id.Should().Be(users.Id);
        (await ListAsync(all with { Environment = EntityId.New<EnvironmentId>(Time) }, new PageRequest(10)))
            .Items.Should()
            .BeEmpty();
    }

    [Fact]
    public async Task Update_ReplacesMappings_OfTheExpectedVersionOnly()
    {
        McpConfig config = NewConfig("team");
        await AddAsync(config);
        McpConfig changed = config with { Description = "New", Mappings = [config.Mappings[0] with { Tools = [] }] };

        (await Storage.McpConfigs.UpdateConfigAsync(changed, Traces.None, Cancellation)).Should().BeTrue();
        (await Storage.McpConfigs.UpdateConfigAsync(changed, Traces.None, Cancellation)).Should().BeFalse();

        McpConfig? now = await Storage.McpConfigs.FindConfigAsync(Acme.Id, config.Id, Cancellation);
        now!.Description.Should().Be("New");
        now.Mappings.Should().ContainSingle().Which.Tools.Should().BeEmpty();
        now.RowVersion.Should().Be(2);
    }

    [Fact]
    public async Task RemovedConnection_TakesItsMappingAway()
    {
        McpConfig config = NewConfig("team");
        await AddAsync(config);

        (await Storage.Connections.RemoveAsync(Acme.Id, Acme.Connection.Id, Traces.None, Cancellation))
            .Should()
            .BeTrue();

        (await Storage.McpConfigs.FindConfigAsync(Acme.Id, config.Id, Cancellation))!.Mappings.Should().BeEmpty();
    }

    [Fact]
    public async Task Instance_IsOneOfConfigAndUser_WhenManyEnsureIt()
    {
        McpConfig config = NewConfig("team");
        await AddAsync(config);

        McpInstance?[] ensured = await AtOnceAsync(
            10,
            _ =>
                Storage.McpInstances.EnsureInstanceAsync(
                    NewInstance(config, "alice"),
                    Traces.Of(Acme.Draft()),
                    Cancellation
                )
        );

        ensured.Select(instance => instance!.Id).Distinct().Should().ContainSingle();
        (await Acme.TrailAsync()).Should().ContainSingle();
        McpInstance? other = await Storage.McpInstances.EnsureInstanceAsync(
            NewInstance(config, "bob"),
            Traces.None,
            Cancellation
        );
        other!.Id.Should().NotBe(ensured[0]!.Id);
    }

    [Fact]
    public async Task Instance_MovesToAnotherConfig_UnlessTheUserHasOneThere()
    {
        (McpConfig first, McpConfig second) = (NewConfig("first"), NewConfig("second"));
        await AddAsync(first);
        await AddAsync(second);
        McpInstance alice = await EnsureAsync(first, "alice");
        await EnsureAsync(second, "bob");
        McpInstance bob = await EnsureAsync(first, "bob");

        (await UpdateAsync(alice with { Name = "renamed", Config = second })).Should().BeNull();
        (await UpdateAsync(alice with { Name = "stale" })).Should().Be("changed");
        (await UpdateAsync(bob with { Config = second })).Should().Be("config");

        McpInstance? now = await Storage.McpInstances.FindInstanceAsync(Acme.Id, alice.Id, Cancellation);
        (now!.Name, now.Config.Name).Should().Be(("renamed", "second"));
        Page<McpInstance> listed = await Storage.McpInstances.ListInstancesAsync(
            new McpInstanceFilter
            {
                Environment = Acme.Id,
                ConfigName = "second",
                NamePrefix = "ren",
                Identifier = Identifier.Parse("alice"),
            },
            new PageRequest(10),
            Cancellation
        );
        listed.Items.Should().ContainSingle().Which.Id.Should().Be(alice.Id);
    }

    [Fact]
    public async Task RemovedConfig_TakesItsInstancesWithIt()
    {
        McpConfig config = NewConfig("team");
        await AddAsync(config);
        McpInstance instance = await EnsureAsync(config, "alice");
        EnvironmentId other = EntityId.New<EnvironmentId>(Time);
        (await Storage.McpConfigs.RemoveConfigAsync(other, config.Id, Traces.None, Cancellation)).Should().BeFalse();
        (await Storage.McpInstances.FindInstanceAsync(other, instance.Id, Cancellation)).Should().BeNull();

        (await Storage.McpConfigs.RemoveConfigAsync(Acme.Id, config.Id, Traces.None, Cancellation)).Should().BeTrue();

        (await Storage.McpConfigs.FindConfigAsync(Acme.Id, config.Id, Cancellation)).Should().BeNull();
        (await Storage.McpInstances.FindInstanceAsync(Acme.Id, instance.Id, Cancellation)).Should().BeNull();
        (await Storage.McpInstances.EnsureInstanceAsync(NewInstance(config, "bob"), Traces.None, Cancellation))
            .Should()
            .BeNull();
    }

    [Fact]
    public async Task Instance_IsFoundByItsServer_AndSaysWhenItWasUsed()
    {
        McpConfig config = NewConfig("team");
        await AddAsync(config);
        McpInstance instance = await EnsureAsync(config, "alice");
        (await Storage.McpInstances.FindInstanceServerAsync(Guid.NewGuid(), Cancellation)).Should().BeNull();

        await Storage.McpInstances.TouchInstanceAsync(Acme.Id, instance.Id, Cancellation);

        McpInstance? found = await Storage.McpInstances.FindInstanceServerAsync(instance.Server, Cancellation);
        found!.Should().BeEquivalentTo(instance, options => options.Excluding(one => one.LastUsedAt));
        (instance.LastUsedAt, found!.LastUsedAt is not null).Should().Be((null, true));
    }

    private McpConfig NewConfig(string name) =>
        new()
        {
            Environment = Acme.Id,
            Id = EntityId.New<McpConfigId>(Time),
            Name = name,
            Mappings =
            [
                new McpMapping(
                    Acme.Connection.Id,
                    Acme.Connection.Name,
                    Acme.Connection.Connector,
                    ["practice_list", "practice_add"]
                ),
            ],
            Server = Guid.NewGuid(),
            UpdatedAt = Time.GetUtcNow(),
            RowVersion = 1,
        };

    private McpConfig NewUsersServer(string identifier) =>
        NewConfig("x") with
        {
            Name = null,
            Identifier = Identifier.Parse(identifier),
        };

    private McpInstance NewInstance(McpConfig config, string identifier) =>
        new()
        {
            Environment = Acme.Id,
            Id = EntityId.New<McpInstanceId>(Time),
            Name = $"{config.Name} of {identifier}",
            Identifier = Identifier.Parse(identifier),
            Config = config,
            Server = Guid.NewGuid(),
            UpdatedAt = Time.GetUtcNow(),
            RowVersion = 1,
        };

    private async Task AddAsync(McpConfig config) =>
        (await Storage.McpConfigs.AddConfigAsync(config, Traces.None, Cancellation)).Should().BeTrue();

    private async Task<McpInstance> EnsureAsync(McpConfig config, string identifier) =>
        (await Storage.McpInstances.EnsureInstanceAsync(NewInstance(config, identifier), Traces.None, Cancellation))!;

    private Task<string?> UpdateAsync(McpInstance instance) =>
        Storage.McpInstances.UpdateInstanceAsync(instance, Traces.None, Cancellation);

    private Task<Page<McpConfig>> ListAsync(McpConfigFilter filter, PageRequest page) =>
        Storage.McpConfigs.ListConfigsAsync(filter, page, Cancellation);

    private async Task<IEnumerable<string?>> NamesAsync(McpConfigFilter filter) =>
        (await ListAsync(filter, new PageRequest(10))).Items.Select(config => config.Name);
}
