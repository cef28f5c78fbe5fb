using Behalf.Audit;
using Behalf.Audit.Executions;
using Behalf.Connections;

namespace Behalf.Storage.SharedTests;

/// <summary>The log of calls is what the audit says, whenever it is brought up to it.</summary>
public abstract class ExecutionSuite : StoreTests
{
    private async Task<CallIntent> StartedAsync(ConnectedAccount account, string? run = null)
    {
        CallIntent intent = await Acme.IntentAsync(account) with { AgentRun = run };
        (await Storage.Audit.StartAsync(intent, Cancellation)).Should().BeOfType<StartResult.Started>();
        return intent;
    }

    private Task EndAsync(CallIntent intent, string outcome, int? status = null, string? detail = null) =>
        Storage.Audit.AppendAsync(
            CallRecords.Completion(intent, new CallCompletion(outcome, status, detail)),
            Cancellation
        );

    private async Task<CallIntent> CalledAsync(
        ConnectedAccount account,
        string outcome = CallOutcomes.Success,
        int? status = 200,
        string? detail = null,
        string? run = null
    )
    {
        CallIntent intent = await StartedAsync(account, run);
        Time.Advance(TimeSpan.FromMilliseconds(70));
        await EndAsync(intent, outcome, status, detail);
        return intent;
    }

    private async Task ProjectAsync()
    {
        while (await Storage.Executions.ProjectAsync(Cancellation)) { }
    }

    private async Task<IReadOnlyList<Execution>> ListAsync(Func<ExecutionFilter, ExecutionFilter>? narrow = null)
    {
        await ProjectAsync();
        ExecutionFilter filter = new() { Environment = Acme.Id };
        return (
            await Storage.Executions.ListAsync(narrow?.Invoke(filter) ?? filter, new PageRequest(1000), Cancellation)
        ).Items;
    }

    [Fact]
    public async Task Log_EqualsTheAudit_WhereverItsProjectionStood()
    {
        ConnectedAccount alice = await Acme.ActiveAccountAsync("alice");
        ConnectedAccount bob = await Acme.ActiveAccountAsync("bob");
        for (int i = 0; i < 150; i++)
        {
            await CalledAsync(i % 2 == 0 ? alice : bob, i % 5 == 0 ? CallOutcomes.ProviderError : CallOutcomes.Success);
            if (i % 40 == 0)
            {
                await Storage.Executions.ProjectAsync(Cancellation);
            }
        }

        CallIntent open = await StartedAsync(alice);

        IReadOnlyList<Execution> log = await ListAsync();

        Dictionary<ExecutionId, ExecutionFact[]> told = (await Acme.TrailAsync())
            .Select(ExecutionFact.Of)
            .OfType<ExecutionFact>()
            .GroupBy(fact => fact.Execution)
            .ToDictionary(group => group.Key, group => group.ToArray());
        log.Should().HaveCount(151);
        log.Select(execution => execution.Id).Should().BeEquivalentTo(told.Keys);
        foreach (Execution execution in log)
        {
            ExecutionFact first = told[execution.Id][0];
            ExecutionEnd? end = told[execution.Id].LastOrDefault(fact => fact.End is not null)?.End;
            execution.Status.Should().Be(end?.Status ?? ExecutionStatuses.Running);
            execution.StartedAt.Should().Be(first.At);
            (execution.EndedAt is null).Should().Be(end is null);
            (execution.Identifier, execution.Tool, execution.Account)
                .Should()
                .Be((first.Identifier, first.Tool, first.Account));
        }

        log.Single(execution => execution.Status == ExecutionStatuses.Running).Id.Should().Be(open.Execution);
    }

    [Fact]
    public async Task Execution_KnowsItsConnection_AndHowItEnded()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallIntent ok = await CalledAsync(account);
        CallIntent refused = await CalledAsync(account, CallOutcomes.ProviderError, 403, "no_permission");
        CallIntent ours = await CalledAsync(account, CallOutcomes.InvalidInput, null, "invalid_input");
        CallIntent lost = await CalledAsync(account, CallOutcomes.OutcomeUnknown, null, "The process ended.");

        Dictionary<ExecutionId, Execution> log = (await ListAsync()).ToDictionary(execution => execution.Id);

        log[ok.Execution].Connection.Should().Be(Acme.Connection.Id);
        log[ok.Execution].Connector.Should().Be("practice");
        log[ok.Execution].Source.Should().Be(ExecutionSources.Api);
        (log[ok.Execution].EndedAt - log[ok.Execution].StartedAt).Should().Be(TimeSpan.FromMilliseconds(70));
        (log[ok.Execution].Status, log[ok.Execution].ErrorCode).Should().Be((ExecutionStatuses.Success, null));
        (log[refused.Execution].Status, log[refused.Execution].ErrorCode, log[refused.Execution].ProviderStatus)
            .Should()
            .Be((ExecutionStatuses.ProviderError, "no_permission", 403));
        (log[ours.Execution].Status, log[ours.Execution].ErrorCode)
            .Should()
            .Be((ExecutionStatuses.PlatformError, "invalid_input"));
        (log[lost.Execution].Status, log[lost.Execution].ErrorCode)
            .Should()
            .Be((ExecutionStatuses.ProviderError, "outcome_unknown"));
    }

    [Fact]
    public async Task RecordsOfOneCall_TellTheSame_TakenTogetherOrApart()
    {
        ConnectedAccount alice = await Acme.ActiveAccountAsync("alice");
        CallIntent apart = await EndsTwiceAsync(ProjectAsync);
        CallIntent together = await EndsTwiceAsync(() => Task.CompletedTask);

        Dictionary<ExecutionId, Execution> log = (await ListAsync()).ToDictionary(execution => execution.Id);

        log[together.Execution].Status.Should().Be(ExecutionStatuses.Success, "the last word counts");
        log[together.Execution]
            .Should()
            .BeEquivalentTo(
                log[apart.Execution],
                same => same.Excluding(e => e.Id).Excluding(e => e.StartedAt).Excluding(e => e.EndedAt)
            );
        (log[together.Execution].EndedAt - log[together.Execution].StartedAt)
            .Should()
            .Be(log[apart.Execution].EndedAt - log[apart.Execution].StartedAt);

        async Task<CallIntent> EndsTwiceAsync(Func<Task> between)
        {
            CallIntent intent = await StartedAsync(alice);
            await between();
            Time.Advance(TimeSpan.FromSeconds(1));
            await EndAsync(intent, CallOutcomes.OutcomeUnknown, detail: "node_ended: nobody knows");
            await between();
            Time.Advance(TimeSpan.FromSeconds(1));
            await EndAsync(intent, CallOutcomes.Success, 200);
            await between();
            return intent;
        }
    }

    [Fact]
    public async Task List_IsNarrowedByEachField_AndWidenedWithinOne()
    {
        Connection second = Acme.NewConnection(Storage, Acme.Id, "second", "second");
        await Storage.Connections.AddAsync(second, Traces.None, Cancellation);
        ConnectedAccount alice = await Acme.ActiveAccountAsync("alice");
        ConnectedAccount bob = await Acme.ActiveAccountAsync("bob", second.Id);
        CallIntent one = await CalledAsync(alice, run: "run-1");
        Time.Advance(TimeSpan.FromMinutes(1));
        DateTimeOffset between = Time.GetUtcNow();
        CallIntent two = await CalledAsync(bob, CallOutcomes.ProviderError, 500, "provider_error");
        CallIntent three = await CalledAsync(bob, CallOutcomes.PlatformError, null, "audit_unavailable");

        await OnlyAsync(filter => filter with { Identifier = "alice" }, one);
        await OnlyAsync(filter => filter with { Account = bob.Id }, two, three);
        await OnlyAsync(filter => filter with { Connection = second.Id }, two, three);
        await OnlyAsync(filter => filter with { ConnectionName = "practice" }, one);
        await OnlyAsync(filter => filter with { AgentRun = "run-1" }, one);
        await OnlyAsync(filter => filter with { From = between }, two, three);
        await OnlyAsync(filter => filter with { To = between }, one);
        await OnlyAsync(filter => filter with { Statuses = ["success", "platform_error"] }, one, three);
        await OnlyAsync(filter => filter with { ErrorCodes = ["provider_error"] }, two);
        await OnlyAsync(filter => filter with { Connectors = ["practice", "other"] }, one, two, three);
        await OnlyAsync(filter => filter with { Connectors = ["other"] });
        await OnlyAsync(filter => filter with { Statuses = ["success"], Identifier = "bob" });

        async Task OnlyAsync(Func<ExecutionFilter, ExecutionFilter> narrow, params CallIntent[] expected) =>
            (await ListAsync(narrow))
                .Select(execution => execution.Id)
                .Should()
                .Equal(expected.Select(e => e.Execution));
    }

    [Fact]
    public async Task Count_GivesEachBucketItsEndedExecutions()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        DateTimeOffset from = Time.GetUtcNow();
        await CalledAsync(account);
        await CalledAsync(account, CallOutcomes.ProviderError, 403, "no_permission");
        Time.Advance(TimeSpan.FromMinutes(3));
        await CalledAsync(account);
        await StartedAsync(account);
        await ProjectAsync();
        TimeBuckets buckets = TimeBuckets.Over(from, from + TimeSpan.FromMinutes(10));

        IReadOnlyList<ExecutionCount> counts = await Storage.Executions.CountAsync(
            new ExecutionFilter
            {
                Environment = Acme.Id,
                From = from,
                To = from + TimeSpan.FromMinutes(10),
            },
            buckets,
            Cancellation
        );

        counts
            .Should()
            .BeEquivalentTo([
                new ExecutionCount(0, "practice", ExecutionStatuses.Success, null, 1),
                new ExecutionCount(0, "practice", ExecutionStatuses.ProviderError, "no_permission", 1),
                new ExecutionCount(3, "practice", ExecutionStatuses.Success, null, 1),
            ]);
    }

    [Fact]
    public async Task Log_OfAnotherEnvironment_IsNotSeen()
    {
        Acme other = await Acme.BuildAsync(Storage, "other");
        CallIntent intent = await CalledAsync(await Acme.ActiveAccountAsync("alice"));
        await ProjectAsync();

        Page<Execution> page = await Storage.Executions.ListAsync(
            new ExecutionFilter { Environment = other.Id },
            new PageRequest(10),
            Cancellation
        );

        page.Items.Should().BeEmpty();
        (await Storage.Executions.FindAsync(other.Id, intent.Execution, Cancellation)).Should().BeNull();
        (await Storage.Executions.FindAsync(Acme.Id, intent.Execution, Cancellation)).Should().NotBeNull();
    }
}
