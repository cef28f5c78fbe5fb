using Behalf.Connections;
using Behalf.Connectors;

namespace Behalf.Storage.SharedTests;

public abstract class OwnConnectorSuite : StoreTests
{
    private static readonly string First = Digest.Of("first").Hex;
    private static readonly string Second = Digest.Of("second").Hex;

    [Fact]
    public async Task OwnConnector_IsOfItsEnvironmentAlone_AndNeverABundledOne()
    {
        (await SetAsync("mine", null, First)).Should().BeTrue();

        (await Storage.Revisions.ListOwnAsync(Acme.Id, Cancellation)).Should().Equal(("mine", First));
        (await Storage.Revisions.ListOwnAsync(EntityId.New<EnvironmentId>(Time), Cancellation)).Should().BeEmpty();
        (await Storage.Revisions.ListLatestAsync(Cancellation)).Should().NotContain(one => one.Slug == "mine");
        (await Storage.Revisions.FindAsync(First, Cancellation)).Should().Be("first");
        (await Acme.TrailAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task OwnConnector_MovesFromTheExpectedRevisionOnly()
    {
        await SetAsync("mine", null, First);

        (await SetAsync("mine", null, Second)).Should().BeFalse();
        (await SetAsync("mine", Second, Second)).Should().BeFalse();
        (await SetAsync("mine", First, Second)).Should().BeTrue();

        (await Storage.Revisions.ListOwnAsync(Acme.Id, Cancellation)).Should().Equal(("mine", Second));
        (await Storage.Revisions.FindAsync(First, Cancellation)).Should().Be("first", "connections may pin it");
    }

    [Fact]
    public async Task AConnection_PinsAnotherRevision_OnlyWhenItIsChangedTo()
    {
        await SetAsync("mine", null, First);
        Connection connection = Acme.NewConnection(Storage, Acme.Id, "mine", "mine") with
        {
            Connector = "mine",
            ConnectorRevision = First,
            Kind = CredentialKind.ApiKey,
        };
        await Storage.Connections.AddAsync(connection, Traces.None, Cancellation);
        await SetAsync("mine", First, Second);
        Connection before = (await Storage.Connections.FindAsync(Acme.Id, connection.Id, Cancellation))!;
        before.ConnectorRevision.Should().Be(First);

        (
            await Storage.Connections.ChangeAsync(
                before with
                {
                    ConnectorRevision = Second,
                },
                moves: false,
                Traces.Of(Acme.Draft()),
                Cancellation
            )
        )
            .Should()
            .Be(ConnectionChanged.Done);

        Connection after = (await Storage.Connections.FindAsync(Acme.Id, connection.Id, Cancellation))!;
        after.ConnectorRevision.Should().Be(Second);
        after.PolicyRevision.Should().Be(before.PolicyRevision + 1, "calls decided on the old one no longer start");
    }

    [Fact]
    public async Task OwnConnector_CannotBeRemoved_WhileAConnectionHasIt()
    {
        await SetAsync("mine", null, First);
        Connection connection = Acme.NewConnection(Storage, Acme.Id, "mine", "mine") with
        {
            Connector = "mine",
            ConnectorRevision = First,
            Kind = CredentialKind.ApiKey,
        };
        (await Storage.Connections.AddAsync(connection, Traces.None, Cancellation)).Should().BeNull();
        (await Storage.Connections.FindAsync(Acme.Id, connection.Id, Cancellation))!
            .Kind.Should()
            .Be(CredentialKind.ApiKey);

        (await Storage.Revisions.ListPinnedAsync(Cancellation)).Should().Contain(First).And.OnlyHaveUniqueItems();
        (await RemoveAsync("mine")).Should().Be("in_use");
        await Storage.Connections.RemoveAsync(Acme.Id, connection.Id, Traces.None, Cancellation);

        (await Storage.Revisions.ListPinnedAsync(Cancellation)).Should().NotContain(First);
        (await RemoveAsync("mine")).Should().BeNull();
        (await RemoveAsync("mine")).Should().Be("not_found");
        (await RemoveAsync("practice")).Should().Be("not_found", "a bundled one is nobody's own");
    }

    private Task<bool> SetAsync(string slug, string? expected, string revision) =>
        Storage.Revisions.SetOwnAsync(
            Acme.Id,
            slug,
            expected,
            revision,
            revision == First ? "first" : "second",
            Traces.Of(Acme.Draft()),
            Cancellation
        );

    private Task<string?> RemoveAsync(string slug) =>
        Storage.Revisions.RemoveOwnAsync(Acme.Id, slug, Traces.None, Cancellation);
}
