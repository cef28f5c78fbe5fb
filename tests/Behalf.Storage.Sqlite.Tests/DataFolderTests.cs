using System.Text;
using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Storage.SharedTests;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Storage.Sqlite.Tests;

public sealed class DataFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    private Task<StorageUnderTest> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Database, _time);

    [Fact]
    public async Task SecondServer_IsRefused_WhileTheFirstServes()
    {
        StorageUnderTest first = await OpenAsync();
        Func<Task> second = OpenAsync;

        (await second.Should().ThrowAsync<StorageUnavailableException>())
            .WithMessage($"Another Behalf process is using the data folder {Path.GetDirectoryName(_folder.Database)}*")
            .Which.Fault.Should()
            .Be(StorageFault.Busy);

        await first.DisposeAsync();
        await using StorageUnderTest next = await OpenAsync();
    }

    [Fact]
    public async Task Check_WorksBesideAServingProcess()
    {
        await using StorageUnderTest serving = await OpenAsync();
        await using Microsoft.Extensions.DependencyInjection.ServiceProvider beside = SqliteUnderTest.Services(
            _folder.Database,
            _time
        );
        IDatabaseSchema schema = (IDatabaseSchema)beside.GetService(typeof(IDatabaseSchema))!;

        (await schema.CheckAsync(Cancellation)).IsCurrent.Should().BeTrue();
    }

    [Fact]
    public async Task Store_IsUnavailable_BeforeTheDatabaseIsOpened()
    {
        await using Microsoft.Extensions.DependencyInjection.ServiceProvider services = SqliteUnderTest.Services(
            _folder.Database,
            _time
        );
        IEnvironmentStore store = (IEnvironmentStore)services.GetService(typeof(IEnvironmentStore))!;
        Func<Task> read = () => store.ListAsync(Cancellation);

        (await read.Should().ThrowAsync<StorageUnavailableException>()).Which.Fault.Should().Be(StorageFault.Closed);
    }

    [Fact]
    public async Task FolderAndFiles_AreTheOwnersAlone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are Unix's.");
        await using StorageUnderTest storage = await OpenAsync();
        await Acme.BuildAsync(storage, "acme");
        string folder = Path.GetDirectoryName(_folder.Database)!;

#pragma warning disable CA1416 // skipped above
        File.GetUnixFileMode(folder)
            .Should()
            .Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string[] files = Directory.GetFiles(folder);
        files.Should().Contain(file => file.EndsWith("-wal", StringComparison.Ordinal));
        files
            .Should()
            .AllSatisfy(file => File.GetUnixFileMode(file).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite));
#pragma warning restore CA1416
    }

    [Fact]
    public async Task StoppedAccount_LeavesNoBytesOfItsKeyOrTokens_InAnyFile()
    {
        await using StorageUnderTest storage = await OpenAsync();
        Acme acme = await Acme.BuildAsync(storage, "acme");
        ConnectedAccount account = await acme.ActiveAccountAsync("alice");
        string[] traces = ["key of alice", "access token", "refresh token"];
        (await FilesHoldAsync(traces[0])).Should().BeTrue();

        await storage.Accounts.StopAsync(
            account,
            account.RowVersion,
            delete: false,
            AccountReasons.Revoked,
            acme.NewJob(account),
            Traces.None,
            Cancellation
        );
        RevocationJob job = (await storage.Revocations.DueAsync(1, [], Cancellation))[0];
        await storage.Revocations.FinishAsync(job, "provider_status_200", Traces.None, Cancellation);
        await storage.Audit.AppendAsync(acme.Draft(), Cancellation); // the log is emptied before the next commit at the latest

        foreach (string trace in traces.Append("key of the job").Append("sealed for the revoker"))
        {
            (await FilesHoldAsync(trace)).Should().BeFalse(trace);
        }
    }

    private async Task<bool> FilesHoldAsync(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(_folder.Database)!, "behalf.db*"))
        {
            if (file.EndsWith(".lock", StringComparison.Ordinal))
            {
                continue;
            }

            byte[] content = await File.ReadAllBytesAsync(file, Cancellation);
            if (content.AsSpan().IndexOf(bytes) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    [Fact]
    public async Task RecreatedUser_IsANewIncarnation_WhoseOldTokensAndIntentsAreWorthless()
    {
        await using StorageUnderTest storage = await OpenAsync();
        Acme acme = await Acme.BuildAsync(storage, "acme");
        ConnectedAccount account = await acme.ActiveAccountAsync("alice");
        CallIntent intent = await acme.IntentAsync(account);
        await storage
            .Get<SqliteDatabase>()
            .WriteAsync(context => context.Execute("UPDATE end_user SET deleted_at = behalf_now()"), Cancellation);
        (await storage.Users.FindAsync(acme.Id, account.Identifier, Cancellation)).Should().BeNull();
        (await storage.Audit.StartAsync(intent, Cancellation))
            .Should()
            .Be(new StartResult.Refused(StartRefusal.UserSignedOut));

        UserEpoch again = await storage.Users.EnsureAsync(acme.Id, account.Identifier, Cancellation);

        again.Should().Be(new UserEpoch(2, 2));
        CallIntent renewed = await acme.IntentAsync(account);
        (await storage.Audit.StartAsync(renewed, Cancellation))
            .Should()
            .Be(new StartResult.Refused(StartRefusal.AccountNotActive));
    }

    [Fact]
    public async Task Restart_CompletesWhatWasLeft_AsOutcomeUnknown_AndNothingElse()
    {
        CallIntent left;
        CallIntent done;
        AuthorizationFlow exchanging;
        Acme acme;
        await using (StorageUnderTest first = await OpenAsync())
        {
            acme = await Acme.BuildAsync(first, "acme");
            ConnectedAccount account = await acme.ActiveAccountAsync("alice");
            left = await acme.IntentAsync(account);
            done = await acme.IntentAsync(account);
            await first.Audit.StartAsync(left, Cancellation);
            await first.Audit.StartAsync(done, Cancellation);
            await first.Audit.AppendAsync(
                acme.Draft("tool.call") with
                {
                    Kind = AuditKind.Completion,
                    Execution = done.Execution,
                    Outcome = CallOutcomes.Success,
                },
                Cancellation
            );
            (await first.Audit.CompleteAbandonedAsync(Cancellation)).Should().Be(0, "its process lives");
            exchanging = await acme.FlowAsync(account, FlowStep.Exchanging);
            (await first.Flows.AbandonedAsync(Cancellation)).Should().BeEmpty();
        }

        await using StorageUnderTest second = await OpenAsync();
        (await second.Audit.CompleteAbandonedAsync(Cancellation)).Should().Be(1);
        (await second.Audit.CompleteAbandonedAsync(Cancellation)).Should().Be(0);

        Page<AuditRecord> records = await second.Audit.ListAsync(
            new AuditFilter(acme.Id, Execution: left.Execution),
            new PageRequest(10),
            Cancellation
        );
        records.Items.Select(record => record.Draft.Kind).Should().Equal(AuditKind.Intent, AuditKind.Completion);
        AuditDraft completion = records.Items[1].Draft;
        completion.Outcome.Should().Be(CallOutcomes.OutcomeUnknown);
        completion.Identifier.Should().Be("alice");
        completion.Tool.Should().Be(left.Tool);
        (await second.Flows.AbandonedAsync(Cancellation)).Should().ContainSingle().Which.Id.Should().Be(exchanging.Id);
        await AuditSuite.VerifyAsync(second.Audit, acme.Id, Cancellation);
    }

    [Fact]
    public async Task Restart_EndsTheLeaseOfADeadProcess_AndKeepsWhatItsAttemptLeftOpen()
    {
        Acme acme;
        ConnectedAccount account;
        RefreshLease dead;
        await using (StorageUnderTest first = await OpenAsync())
        {
            acme = await Acme.BuildAsync(first, "acme");
            account = await acme.ActiveAccountAsync("alice");
            dead = (await first.Refreshes.AcquireAsync(acme.Id, account.Id, TimeSpan.FromMinutes(1), Cancellation))!;
            (await first.Refreshes.AttemptAsync(dead, 1, isProbe: false, Cancellation)).Should().BeTrue();
        }

        await using StorageUnderTest second = await OpenAsync();
        (await second.Refreshes.ReadAsync(dead, Cancellation)).Should().BeNull("its holder is gone");
        RefreshLease? lease = await second.Refreshes.AcquireAsync(
            acme.Id,
            account.Id,
            TimeSpan.FromMinutes(1),
            Cancellation
        );

        lease!.Fence.Should().BeGreaterThan(dead.Fence);
        RefreshSubject? subject = await second.Refreshes.ReadAsync(lease, Cancellation);
        subject!.LastAttempt.Should().Be(RefreshAttemptState.Sent, "nobody knows whether it was carried out");
        subject.LastAttemptGeneration.Should().Be(1);
    }

    [Fact]
    public async Task RedactedRecord_IsNoLongerFoundByItsIdentifier_AndTheChainStillVerifies()
    {
        await using StorageUnderTest storage = await OpenAsync();
        Acme acme = await Acme.BuildAsync(storage, "acme");
        await storage.Audit.AppendAsync(acme.Draft("one", "alice"), Cancellation);
        await storage.Audit.AppendAsync(acme.Draft("two", "bob"), Cancellation);
        await storage
            .Get<SqliteDatabase>()
            .WriteAsync(
                context =>
                    context.Execute(
                        "UPDATE audit_record SET personal = NULL, identifier = NULL WHERE identifier = 'alice'"
                    ),
                Cancellation
            );

        (await AuditSuite.VerifyAsync(storage.Audit, acme.Id, Cancellation)).Should().Be(2);
        AuditFilter filter = new(acme.Id, Identifier: "alice");
        (await storage.Audit.ListAsync(filter, new PageRequest(10), Cancellation)).Items.Should().BeEmpty();
    }

    [Fact]
    public async Task LastUses_AreKept_WhenTheServerStops()
    {
        ConnectedAccount account;
        await using (StorageUnderTest first = await OpenAsync())
        {
            Acme acme = await Acme.BuildAsync(first, "acme");
            account = await acme.ActiveAccountAsync("alice");
            await first.Audit.StartAsync(await acme.IntentAsync(account), Cancellation);
            await first.Audit.StartAsync(await acme.IntentAsync(account), Cancellation);
        }

        await using StorageUnderTest second = await OpenAsync();
        (await second.Accounts.FindAsync(account.Environment, account.Id, Cancellation))!
            .LastUsedAt.Should()
            .Be(_time.GetUtcNow());
    }
}
