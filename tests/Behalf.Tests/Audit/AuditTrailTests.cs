using Behalf.Audit;
using Behalf.Connections;
using Behalf.Tests.Vault;
using Behalf.Waiting;
using Microsoft.Extensions.Logging;

namespace Behalf.Tests.Audit;

public sealed class AuditTrailTests(OpenVault opened) : IClassFixture<OpenVault>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_LeavesIntentRequestAndCompletion_NamingTheUser()
    {
        await using TestTrail trail = new(opened.Vault);
        CallIntent intent = Calls.ByAlice();

        Result<StartedCall> started = await trail.Audit.StartAsync(intent, Token);
        await trail.Audit.RequestAsync(started.Value!, "POST /tasks", Token);
        await trail.Audit.CompleteAsync(started.Value!, new CallCompletion(CallOutcomes.Success, 201));

        AuditDraft[] drafts = [.. trail.Store.Records.Select(record => AuditChain.Read(record).Draft)];
        drafts.Select(draft => draft.Kind).Should().Equal(AuditKind.Intent, AuditKind.Request, AuditKind.Completion);
        drafts
            .Should()
            .OnlyContain(draft =>
                draft.Identifier == "alice"
                && draft.Execution == intent.Execution
                && draft.Principal == "app_team"
                && draft.Connection == "tracker"
                && draft.Tool == "tracker_create_task"
                && draft.AgentRun == "run_1"
                && draft.ActingThrough == "grpc · Team agent"
            );
        drafts[0].Decision.Should().Be("allow");
        drafts[1].Detail.Should().Be("POST /tasks");
        drafts[2].Outcome.Should().Be("success");
        drafts[2].ProviderStatus.Should().Be(201);
    }

    [Theory]
    [InlineData(StartRefusal.ClientRemoved, ProblemKind.Unauthenticated, "client_removed", "app_team")]
    [InlineData(StartRefusal.SessionEnded, ProblemKind.Unauthenticated, "session_ended", "alice")]
    [InlineData(StartRefusal.UserSignedOut, ProblemKind.Unauthenticated, "user_signed_out", "alice")]
    [InlineData(StartRefusal.ConnectionChanged, ProblemKind.FailedPrecondition, "connection_changed", "tracker")]
    [InlineData(
        StartRefusal.AccountNotActive,
        ProblemKind.FailedPrecondition,
        "account_not_active",
        "no longer ACTIVE"
    )]
    [InlineData(StartRefusal.ScopesMissing, ProblemKind.Forbidden, "scope_missing", "tasks:delete")]
    public async Task Start_SaysWhyNot_AndTheDenialIsRecorded(
        StartRefusal reason,
        ProblemKind kind,
        string code,
        string word
    )
    {
        await using TestTrail trail = new(opened.Vault);
        trail.Store.Refusal = new StartResult.Refused(reason) { Missing = ScopeSet.Parse("tasks:delete") };

        Result<StartedCall> result = await trail.Audit.StartAsync(Calls.ByAlice(), Token);

        result.Problem!.Kind.Should().Be(kind);
        result.Problem.Code.Should().Be(code);
        result.Problem.Message.Should().Contain(word);
        AuditDraft denial = AuditChain.Read(trail.Store.Records.Should().ContainSingle().Subject).Draft;
        denial.Kind.Should().Be(AuditKind.Denial);
        denial.Decision.Should().Be("deny");
        denial.Outcome.Should().Be(code);
        denial.Identifier.Should().Be("alice");
    }

    [Fact]
    public async Task Start_NamesTheState_OfAnAccountThatIsNotActive()
    {
        await using TestTrail trail = new(opened.Vault);
        CallIntent intent = Calls.ByAlice();
        trail.Store.Refusal = new StartResult.Refused(StartRefusal.AccountNotActive)
        {
            Account = new ConnectedAccount
            {
                Environment = Calls.Environment,
                Id = intent.Account,
                Connection = intent.Connection,
                ConnectionName = intent.ConnectionName,
                Connector = "tracker",
                Identifier = intent.Subject.Identifier,
                Incarnation = 1,
                Status = CredentialStatus.Expired,
                Reason = AccountReasons.RefreshRefused,
                Generation = 1,
                GrantedScopes = ScopeSet.Empty,
                UpdatedAt = trail.Time.GetUtcNow(),
                RowVersion = 1,
            },
        };

        Result<StartedCall> result = await trail.Audit.StartAsync(intent, Token);

        result.Problem!.Message.Should().Contain("EXPIRED (refresh_refused)").And.Contain("alice");
    }

    [Fact]
    public async Task Start_FailsClosed_WhileTheTrailCannotBeWritten()
    {
        await using TestTrail trail = new(opened.Vault);
        trail.Store.Failures = 3;

        foreach (int _ in Enumerable.Range(0, 3))
        {
            Result<StartedCall> refused = await trail.Audit.StartAsync(Calls.ByAlice(), Token);
            refused.Problem!.Kind.Should().Be(ProblemKind.Unavailable);
            refused.Problem.Code.Should().Be("audit_unavailable");
            refused.Problem.RetryAfter.Should().BePositive();
        }

        (await trail.Audit.StartAsync(Calls.ByAlice(), Token)).Succeeded.Should().BeTrue();
        trail
            .Log.Lines.Select(line => line.Level)
            .Should()
            .Equal([LogLevel.Critical, LogLevel.Warning], "an outage is logged once, and its end");
    }

    [Fact]
    public async Task Start_ThrowsBugs_InsteadOfCallingThemAnOutage()
    {
        await using TestTrail trail = new(opened.Vault);
        trail.Store.Failures = 1;
        trail.Store.Failure = new InvalidOperationException("a bug");

        await trail
            .Audit.Invoking(audit => audit.StartAsync(Calls.ByAlice(), Token))
            .Should()
            .ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task Request_IsRefused_WhenItCannotBeRecorded()
    {
        await using TestTrail trail = new(opened.Vault);
        StartedCall call = (await trail.Audit.StartAsync(Calls.ByAlice(), Token)).Value!;
        trail.Store.Failures = 1;

        Result<Done> refused = await trail.Audit.RequestAsync(call, "POST /tasks", Token);

        refused.Problem!.Code.Should().Be("audit_unavailable");
        refused.Problem.Execution.Should().Be(call.Intent.Execution);
    }

    [Fact]
    public async Task Start_EndsTheCall_WhenItsCallerLeftWhileItCommitted()
    {
        await using TestTrail trail = new(opened.Vault);
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource<AuditDraft> completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        trail.Store.Gate = gate.Task;
        trail.Store.Stored = record =>
        {
            if (record.Draft.Kind == AuditKind.Completion)
            {
                completed.TrySetResult(record.Draft);
            }
        };
        using CancellationTokenSource caller = new();

        Task<Result<StartedCall>> starting = trail.Audit.StartAsync(Calls.ByAlice(), caller.Token);
        await caller.CancelAsync();
        await starting.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
        gate.SetResult();

        (await completed.Task.WaitAsync(Token)).Outcome.Should().Be(CallOutcomes.Cancelled);
        trail.Store.Records.Should().HaveCount(2);
    }

    [Fact]
    public async Task Completion_IsRetriedUntilStored()
    {
        await using TestTrail trail = new(opened.Vault);
        StartedCall call = (await trail.Audit.StartAsync(Calls.ByAlice(), Token)).Value!;
        TaskCompletionSource<AuditDraft> completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        trail.Store.Stored = record => completed.TrySetResult(record.Draft);
        trail.Store.Failures = 5;

        await trail.Audit.CompleteAsync(call, new CallCompletion(CallOutcomes.Success));
        trail.Store.Records.Should().ContainSingle("the caller is not held up by an outage");
        await AdvanceUntilAsync(trail, completed.Task);

        (await completed.Task).Outcome.Should().Be(CallOutcomes.Success);
        trail.Store.Attempts.Should().Be(7);
    }

    [Fact]
    public async Task WhatWaitedForAnOutageToEnd_IsStoredTogether_WithoutAPauseForEach()
    {
        const int waiting = 1_000;
        const int pauses = 20;
        await using TestTrail trail = new(opened.Vault);
        trail.Store.Failures = waiting;
        for (int i = 0; i < waiting; i++)
        {
            await trail.Audit.DenyAsync(Calls.Admin($"record {i}") with { Kind = AuditKind.Denial }, Token);
        }

        trail.Store.Failures.Should().Be(0);
        int passed = 0;
        await Eventually.HoldsAsync(
            () =>
            {
                if (passed++ < pauses)
                {
                    trail.Time.Advance(TimeSpan.FromMilliseconds(100));
                }

                return trail.Store.Records.Count == waiting;
            },
            "all of them are stored"
        );
    }

    [Fact]
    public async Task Denial_IsRetriedUntilStored()
    {
        await using TestTrail trail = new(opened.Vault);
        TaskCompletionSource<AuditDraft> stored = new(TaskCreationOptions.RunContinuationsAsynchronously);
        trail.Store.Stored = record => stored.TrySetResult(record.Draft);
        trail.Store.Failures = 2;

        await trail.Audit.DenyAsync(Calls.Admin() with { Kind = AuditKind.Denial }, Token);
        await AdvanceUntilAsync(trail, stored.Task);

        (await stored.Task).Decision.Should().Be("deny");
    }

    [Fact]
    public async Task Completion_GetsALastChance_WhenTheProcessStops()
    {
        TestTrail trail = new(opened.Vault);
        StartedCall call = (await trail.Audit.StartAsync(Calls.ByAlice(), Token)).Value!;
        trail.Store.Failures = 1;
        await trail.Audit.CompleteAsync(call, new CallCompletion(CallOutcomes.Success));

        await trail.DisposeAsync();

        trail.Store.Records.Should().HaveCount(2);
    }

    [Fact]
    public async Task Completion_NeverThrows_AndALostOneIsLogged()
    {
        TestTrail trail = new(opened.Vault);
        StartedCall call = (await trail.Audit.StartAsync(Calls.ByAlice(), Token)).Value!;
        trail.Store.Failures = int.MaxValue;

        await trail.Audit.CompleteAsync(call, new CallCompletion(CallOutcomes.Success));
        await trail.DisposeAsync();

        trail.Log.Lines.Should().Contain(line => line.Level == LogLevel.Error && line.Message.Contains("next start"));
    }

    [Fact]
    public async Task Export_NamesTheRecord_ThatIsDamaged()
    {
        await using TestTrail trail = new(opened.Vault);
        await trail.RecordAsync(3);
        trail.Store.Records[1] = trail.Store.Records[1] with { Body = [1, 2, 3] };
        List<AuditRecord> exported = [];

        Func<Task> export = async () =>
        {
            await foreach (AuditRecord record in trail.Audit.ExportAsync(Calls.Environment, Token))
            {
                exported.Add(record);
            }
        };

        (await export.Should().ThrowAsync<AuditBrokenException>()).Which.Message.Should().Contain("record 2");
        exported.Should().ContainSingle();
    }

    private static async Task AdvanceUntilAsync(TestTrail trail, Task signal)
    {
        while (!signal.IsCompleted)
        {
            Token.ThrowIfCancellationRequested();
            trail.Time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }
    }
}
