using Behalf.Connectors.Custom;

namespace Behalf.Storage.SharedTests;

public abstract class CustomToolSuite : StoreTests
{
    [Fact]
    public async Task Tool_IsReadBackWhole()
    {
        CustomTool tool = New("archive_task") with { Tags = ["tasks", "ours"] };

        (await AddAsync(tool)).Should().BeNull();

        (await Storage.CustomTools.VersionsAsync(Acme.Id, tool.Id, Cancellation))
            .Should()
            .ContainSingle()
            .Which.Should()
            .BeEquivalentTo(tool);
        (await Acme.TrailAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task SecondToolOfAName_IsRefused_InOneConnectorOnly()
    {
        await AddAsync(New("archive_task"));

        (await AddAsync(New("archive_task"))).Should().Be("name");
        (await AddAsync(New("archive_task") with { Connector = "other" })).Should().BeNull();
        (await Acme.TrailAsync()).Should().HaveCount(2);
    }

    [Fact]
    public async Task Tools_AreBounded()
    {
        await AddAsync(New("first"), most: 1);

        (await AddAsync(New("second"), most: 1)).Should().Be("limit");
    }

    [Fact]
    public async Task OneVersion_IsTheDefault()
    {
        CustomTool first = New("archive_task");
        await AddAsync(first);
        CustomTool second = first with { Version = new ToolVersion(2, 1), IsDefault = false, Definition = "{}" };
        (await Storage.CustomTools.AddVersionAsync(second, Traces.None, Cancellation)).Should().BeTrue();
        (await DefaultsAsync()).Should().ContainSingle().Which.Version.Should().Be(first.Version);

        (await SetDefaultAsync(first.Id, second.Version)).Should().BeTrue();

        (await DefaultsAsync()).Should().ContainSingle().Which.Definition.Should().Be("{}");
        (await Storage.CustomTools.VersionsAsync(Acme.Id, first.Id, Cancellation))
            .Select(tool => tool.Version)
            .Should()
            .Equal(first.Version, second.Version);
        (await SetDefaultAsync(first.Id, new ToolVersion(3, 1))).Should().BeFalse();
        (await DefaultsAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task Version_IsAddedByOne_WhenManyAddIt()
    {
        CustomTool first = New("archive_task");
        await AddAsync(first);
        CustomTool second = first with { Version = new ToolVersion(1, 2), IsDefault = false };

        bool[] added = await AtOnceAsync(
            10,
            _ => Storage.CustomTools.AddVersionAsync(second, Traces.None, Cancellation)
        );

        added.Count(one => one).Should().Be(1);
    }

    [Fact]
    public async Task RemovedTool_IsGoneWithItsVersions()
    {
        CustomTool tool = New("archive_task");
        await AddAsync(tool);

        (await Storage.CustomTools.RemoveAsync(Acme.Id, tool.Id, Traces.None, Cancellation)).Should().BeTrue();
        (await Storage.CustomTools.RemoveAsync(Acme.Id, tool.Id, Traces.None, Cancellation)).Should().BeFalse();

        (await DefaultsAsync()).Should().BeEmpty();
        CustomTool late = tool with { Version = new ToolVersion(1, 2), IsDefault = false };
        (await Storage.CustomTools.AddVersionAsync(late, Traces.None, Cancellation)).Should().BeFalse();
    }

    [Fact]
    public async Task Tool_IsNotFound_InAnotherEnvironment()
    {
        CustomTool tool = New("archive_task");
        await AddAsync(tool);
        EnvironmentId other = EntityId.New<EnvironmentId>(Time);

        (await Storage.CustomTools.VersionsAsync(other, tool.Id, Cancellation)).Should().BeEmpty();
        (await Storage.CustomTools.ListDefaultsAsync(other, tool.Connector, Cancellation)).Should().BeEmpty();
        (await Storage.CustomTools.ListAsync(other, Cancellation)).Should().BeEmpty();
        (await Storage.CustomTools.SetDefaultAsync(other, tool.Id, tool.Version, Traces.None, Cancellation))
            .Should()
            .BeFalse();
        (await Storage.CustomTools.RemoveAsync(other, tool.Id, Traces.None, Cancellation)).Should().BeFalse();
    }

    private CustomTool New(string name) =>
        new()
        {
            Environment = Acme.Id,
            Id = EntityId.New<ToolId>(Time),
            Connector = "practice",
            Name = name,
            Version = ToolVersion.First,
            IsDefault = true,
            Definition = """{"name":"x"}""",
            Procedure = """{"scopes":["tasks"]}""",
            Hash = Digest.Of(name).Hex,
            CreatedAt = Time.GetUtcNow(),
        };

    private Task<string?> AddAsync(CustomTool tool, int most = 100) =>
        Storage.CustomTools.AddAsync(tool, most, Traces.Of(Acme.Draft()), Cancellation);

    private Task<bool> SetDefaultAsync(ToolId id, ToolVersion version) =>
        Storage.CustomTools.SetDefaultAsync(Acme.Id, id, version, Traces.None, Cancellation);

    private Task<IReadOnlyList<CustomTool>> DefaultsAsync() =>
        Storage.CustomTools.ListDefaultsAsync(Acme.Id, "practice", Cancellation);
}
