using Behalf.Connections;

namespace Behalf.Storage.SharedTests;

public abstract class AccountListSuite : StoreTests
{
    private async Task<string[]> ListAsync(AccountFilter filter)
    {
        Page<ConnectedAccount> page = await Storage.Accounts.ListAsync(filter, new PageRequest(1000), Cancellation);
        page.TotalSize.Should().Be(page.Items.Count);
        return [.. page.Items.Select(account => account.Identifier.Value)];
    }

    private AccountFilter Everything => new() { Environment = Acme.Id };

    [Theory]
    [InlineData("a%", "a%b")]
    [InlineData("a_", "a_b")]
    [InlineData("A", "Ab")]
    [InlineData("a'", "a'b")]
    [InlineData("\u00e9", "\u00e9t\u00e9")]
    [InlineData("\U0001F600", "\U0001F600b")]
    [InlineData("*", "*b")]
    [InlineData("[a]", "[a]b")]
    public async Task Prefix_IsLiteral(string prefix, string only)
    {
        string[] identifiers =
        [
            "a%b",
            "a_b",
            "axb",
            "Ab",
            "a'b",
            "a\"b",
            "\u00e9t\u00e9",
            "ete",
            "\U0001F600b",
            "*b",
            "[a]b",
            "z",
        ];
        foreach (string identifier in identifiers)
        {
            await Acme.AccountAsync(identifier);
        }

        (await ListAsync(Everything with { IdentifierPrefix = prefix })).Should().Equal(only);
    }

    [Fact]
    public async Task Stopped_AreLeftOut_UnlessAFlowIsOpenForThem()
    {
        foreach (string identifier in new[] { "alice", "bob", "carol" })
        {
            ConnectedAccount account = await Acme.ActiveAccountAsync(identifier);
            if (identifier != "alice")
            {
                await Storage.Accounts.StopAsync(
                    account,
                    account.RowVersion,
                    delete: false,
                    AccountReasons.Revoked,
                    null,
                    Traces.None,
                    Cancellation
                );
            }

            if (identifier == "carol")
            {
                await Acme.FlowAsync(await Acme.ReadAsync(account));
            }
        }

        await Acme.AccountAsync("dave");
        AccountFilter rest = Everything with { ExceptStopped = true };

        (await ListAsync(rest)).Should().BeEquivalentTo("alice", "carol", "dave");
        Time.Advance(TimeSpan.FromHours(1));
        (await ListAsync(rest)).Should().BeEquivalentTo("alice", "dave");
    }

    [Fact]
    public async Task Conditions_NarrowTogether()
    {
        Connection second = Acme.NewConnection(Storage, Acme.Id, "second", "second");
        await Storage.Connections.AddAsync(second, Traces.None, Cancellation);
        await Acme.AccountAsync("alice");
        await Acme.AccountAsync("alice", second.Id);
        await Acme.AccountAsync("alfred", second.Id);
        await Storage.Accounts.EnsureAsync(
            Acme.Id,
            second.Id,
            Identifier.Parse("bob"),
            new AccountLabels("org-1", "user-1"),
            _ => Traces.None,
            Cancellation
        );

        AccountFilter bySecond = Everything with { Connections = [second.Name] };
        (await ListAsync(bySecond)).Should().BeEquivalentTo("alice", "alfred", "bob");
        (await ListAsync(bySecond with { IdentifierPrefix = "al" })).Should().BeEquivalentTo("alice", "alfred");
        (await ListAsync(bySecond with { Identifier = Identifier.Parse("alice") })).Should().Equal("alice");
        (await ListAsync(bySecond with { OrganizationId = "org-1" })).Should().Equal("bob");
        (await ListAsync(bySecond with { OrganizationId = "org-1", UserId = "user-2" })).Should().BeEmpty();
        (await ListAsync(Everything with { Connector = "practice" })).Should().HaveCount(4);
        (await ListAsync(Everything with { Connector = "none" })).Should().BeEmpty();
        (await ListAsync(Everything with { Connections = [ConnectionName.Parse("none")] })).Should().BeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task Pages_ReachBothEnds_WithoutGapOrRepeat(int size)
    {
        List<AccountId> expected = [];
        for (int i = 0; i < 7; i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(1));
            expected.Add((await Acme.AccountAsync($"user_{i}")).Id);
        }

        List<AccountId> forwards = [];
        Page<ConnectedAccount> page = await Storage.Accounts.ListAsync(
            Everything with
            {
                IdentifierPrefix = "user_",
            },
            new PageRequest(size),
            Cancellation
        );
        page.Previous.Should().BeNull();
        while (true)
        {
            page.TotalSize.Should().Be(7);
            forwards.AddRange(page.Items.Select(account => account.Id));
            if (page.Next is null)
            {
                break;
            }

            page = await Storage.Accounts.ListAsync(Everything, new PageRequest(size, After: page.Next), Cancellation);
            page.Previous.Should().NotBeNull();
        }

        forwards.Should().Equal(expected);
        List<AccountId> backwards = [.. page.Items.Select(account => account.Id)];
        while (page.Previous is not null)
        {
            page = await Storage.Accounts.ListAsync(
                Everything,
                new PageRequest(size, Before: page.Previous),
                Cancellation
            );
            page.Next.Should().NotBeNull();
            backwards.InsertRange(0, page.Items.Select(account => account.Id));
        }

        backwards.Should().Equal(expected);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public async Task Page_IsRefused_WhenItsSizeIsOutOfBounds(int size)
    {
        Func<Task> list = () => Storage.Accounts.ListAsync(Everything, new PageRequest(size), Cancellation);

        await list.Should().ThrowAsync<ArgumentOutOfRangeException>();
    }
}
