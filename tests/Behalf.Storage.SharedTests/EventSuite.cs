using Behalf.Connections;
using Behalf.Events;

namespace Behalf.Storage.SharedTests;

/// <summary>Events are found by what they happened to.</summary>
public abstract class EventSuite : StoreTests
{
    private async Task LeaveAsync(ConnectedAccount account, string type) =>
        await Storage.Users.BumpEpochAsync(
            Acme.Id,
            account.Identifier,
            Traces.None.With(new EventDraft(Acme.Id, type, account.Id, new Dictionary<string, string>())),
            Cancellation
        );

    private async Task<string[]> TypesAsync(Func<EventFilter, EventFilter> narrow) =>
        [
            .. (
                await Storage.Events.ListAsync(narrow(new EventFilter(Acme.Id)), new PageRequest(100), Cancellation)
            ).Items.Select(stored => stored.Event.Type),
        ];

    [Fact]
    public async Task List_IsNarrowedByEachField_AndWidenedByTypes()
    {
        Connection second = Acme.NewConnection(Storage, Acme.Id, "second", "second");
        await Storage.Connections.AddAsync(second, Traces.None, Cancellation);
        ConnectedAccount alice = await Acme.AccountAsync("alice");
        ConnectedAccount bob = await Acme.AccountAsync("bob", second.Id);
        await LeaveAsync(alice, EventTypes.AccountCreated);
        Time.Advance(TimeSpan.FromMinutes(1));
        DateTimeOffset between = Time.GetUtcNow();
        await LeaveAsync(bob, EventTypes.AccountUpdated);
        await LeaveAsync(bob, EventTypes.AccountDeleted);

        (await TypesAsync(filter => filter with { Account = alice.Id })).Should().Equal(EventTypes.AccountCreated);
        (await TypesAsync(filter => filter with { Identifier = "bob" })).Should().HaveCount(2);
        (await TypesAsync(filter => filter with { Connection = second.Id })).Should().HaveCount(2);
        (await TypesAsync(filter => filter with { From = between })).Should().HaveCount(2);
        (await TypesAsync(filter => filter with { To = between })).Should().Equal(EventTypes.AccountCreated);
        (await TypesAsync(filter => filter with { Types = [EventTypes.AccountCreated, EventTypes.AccountDeleted] }))
            .Should()
            .Equal(EventTypes.AccountCreated, EventTypes.AccountDeleted);
        (await TypesAsync(filter => filter with { OrganizationId = "none" })).Should().BeEmpty();
        (await TypesAsync(filter => filter with { Environment = EnvironmentId.From(Guid.NewGuid()) }))
            .Should()
            .BeEmpty();
    }

    [Fact]
    public async Task Event_KnowsItsConnection_AlsoOnceTheAccountIsDeleted()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        await Storage.Accounts.StopAsync(
            account,
            account.RowVersion,
            delete: true,
            AccountReasons.Revoked,
            null,
            Traces.None.With(
                new EventDraft(Acme.Id, EventTypes.AccountDeleted, account.Id, new Dictionary<string, string>())
            ),
            Cancellation
        );

        Page<StoredEvent> page = await Storage.Events.ListAsync(
            new EventFilter(Acme.Id) { Account = account.Id },
            new PageRequest(10),
            Cancellation
        );

        StoredEvent deleted = page.Items.Should().ContainSingle().Subject;
        (deleted.Connection, deleted.Connector).Should().Be((Acme.Connection.Id, "practice"));
    }
}
