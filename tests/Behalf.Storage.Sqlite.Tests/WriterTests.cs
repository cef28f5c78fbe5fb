using System.Text;
using Behalf.Audit;
using Behalf.Storage.SharedTests;
using Behalf.Storage.Sqlite.Engine;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Storage.Sqlite.Tests;

public sealed class WriterTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private StorageUnderTest? _storage;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private SqliteDatabase Database => _storage!.Get<SqliteDatabase>();

    public async ValueTask InitializeAsync()
    {
        _storage = await SqliteUnderTest.OpenAsync(_folder.Database, _time);
        await Database.WriteAsync(
            context => context.Execute("CREATE TABLE note (text TEXT NOT NULL UNIQUE, size BLOB) STRICT"),
            Cancellation
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _storage!.DisposeAsync();
        _folder.Dispose();
    }

    private static void Note(WriteContext context, string text) =>
        context.Execute("INSERT INTO note (text) VALUES (@text)", new { text });

    private Task<string[]> NotesAsync() =>
        Database.ReadAsync<string[]>(
            connection => [.. connection.Query<string>("SELECT text FROM note ORDER BY rowid")],
            Cancellation
        );

    /// <summary>Holds the writer until the gate opens, so that what follows waits together.</summary>
    private (Task Held, ManualResetEventSlim Gate) Hold()
    {
        ManualResetEventSlim gate = new();
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<bool> held = Task.Run(
            () =>
                Database.WriteAsync(
                    _ =>
                    {
                        begun.SetResult();
                        return gate.Wait(TimeSpan.FromSeconds(30));
                    },
                    CancellationToken.None
                ),
            Cancellation
        );
        begun.Task.Wait(Cancellation);
        return (held, gate);
    }

    [Fact]
    public async Task Neighbours_AreCommitted_WhenOneItemOfTheirGroupFails()
    {
        (Task held, ManualResetEventSlim gate) = Hold();
        Task before = Database.WriteAsync(context => Note(context, "before"), Cancellation);
        Task failing = Database.WriteAsync(
            context =>
            {
                Note(context, "half");
                Note(context, "before"); // taken
            },
            Cancellation
        );
        Task throwing = Database.WriteAsync(
            context =>
            {
                Note(context, "half too");
                throw new FormatException("a bug");
            },
            Cancellation
        );
        Task after = Database.WriteAsync(context => Note(context, "after"), Cancellation);
        gate.Set();
        await Task.WhenAll(held, before, after);

        (await failing.Invoking(task => task).Should().ThrowAsync<SqliteException>())
            .Which.SqliteErrorCode.Should()
            .Be(SQLitePCL.raw.SQLITE_CONSTRAINT);
        await throwing.Invoking(task => task).Should().ThrowAsync<FormatException>();
        (await NotesAsync()).Should().Equal("before", "after");
        gate.Dispose();
    }

    [Fact]
    public async Task TrailsNeighbours_AreCommittedInOneChain_WhenOneOfTheirGroupFails()
    {
        Acme acme = await Acme.BuildAsync(_storage!, "acme");
        (Task held, ManualResetEventSlim gate) = Hold();
        Task before = Database.TraceAsync(context => context.Append(acme.Draft("before")), Cancellation);
        Task failing = Database.TraceAsync(
            context =>
            {
                context.Append(acme.Draft("half"));
                throw new FormatException("a bug");
            },
            Cancellation
        );
        Task after = Database.TraceAsync(context => context.Append(acme.Draft("after")), Cancellation);
        gate.Set();
        await Task.WhenAll(held, before, after);

        await failing.Invoking(task => task).Should().ThrowAsync<FormatException>();
        byte[] head = AuditChain.Genesis.ToArray();
        List<string> actions = [];
        await foreach (StoredAuditRecord record in _storage!.Get<IAuditStore>().ReadAsync(acme.Id, Cancellation))
        {
            record.Hash.Should().Equal(AuditChain.HashOf(record, head));
            head = record.Hash;
            actions.Add(AuditChain.Read(record).Draft.Action);
        }

        actions.TakeLast(2).Should().Equal("before", "after");
        (await _storage!.Get<IAuditStore>().HeadsAsync(acme.Id, Cancellation))
            .Should()
            .ContainSingle()
            .Which.Hash.Should()
            .Equal(head);
        gate.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ä€🙂")]
    [InlineData("\0")]
    public async Task Statement_StoresTextAsItIs(string? text)
    {
        Sql both = new("SELECT @short, @long, @number, @bytes");
        string? longer = text?.PadLeft(500, 'x');

        (string?, string?, long?, byte[]?) read = await Database.WriteAsync(
            context =>
            {
                using Statement.Rows row = context
                    .Statement(both)
                    .Bind("@short", text)
                    .Bind("@long", longer)
                    .Bind("@number", text?.Length)
                    .Bind("@bytes", text is null ? null : Encoding.UTF8.GetBytes(text))
                    .Query();
                row.Read().Should().BeTrue();
                return (row.TextOrNull(0), row.TextOrNull(1), row.NumberOrNull(2), row.BytesOrNull(3));
            },
            Cancellation
        );

        read.Item1.Should().Be(text);
        read.Item2.Should().Be(longer);
        read.Item3.Should().Be(text?.Length);
        read.Item4.Should().Equal(text is null ? null : Encoding.UTF8.GetBytes(text));
    }

    [Fact]
    public async Task Group_IsCommittedOnce()
    {
        long before = await CommitsAsync();
        (Task held, ManualResetEventSlim gate) = Hold();
        Task[] writes =
        [
            .. Enumerable
                .Range(0, 100)
                .Select(i => Database.WriteAsync(context => Note(context, $"{i}"), Cancellation)),
        ];
        gate.Set();
        await Task.WhenAll([held, .. writes]);

        (await NotesAsync()).Should().HaveCount(100);
        (await CommitsAsync() - before).Should().BeLessThan(4, "a hundred waiting writes share one commit");
        gate.Dispose();
    }

    [Fact]
    public async Task PatientRecord_GoesAlong_WithTheNextCommit()
    {
        long before = await CommitsAsync();
        (Task held, ManualResetEventSlim gate) = Hold();
        Task[] writes =
        [
            .. Enumerable.Range(0, 50).Select(i => Database.TraceSoonAsync(context => Note(context, $"patient {i}"))),
            Database.WriteAsync(context => Note(context, "waited for"), Cancellation),
        ];
        gate.Set();
        await Task.WhenAll([held, .. writes]);

        (await NotesAsync()).Should().HaveCount(51).And.StartWith("waited for", "what somebody waits for comes first");
        (await CommitsAsync() - before).Should().BeLessThan(4);
        gate.Dispose();
    }

    [Fact]
    public async Task PatientRecord_IsStored_ThatCameWhileALongCommitRan_ThoughNothingFollows()
    {
        (Task held, ManualResetEventSlim gate) = Hold();
        Task soon = Database.TraceSoonAsync(context => Note(context, "soon"));
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancellation); // its time is over, in vain
        gate.Set();
        await held;

        await soon;
        (await NotesAsync()).Should().Equal("soon");
        gate.Dispose();
    }

    [Fact]
    public async Task Trail_HoldsWhatWasHandedInBefore_ForWhoeverReadsIt()
    {
        Acme acme = await Acme.BuildAsync(_storage!, "acme");
        for (int i = 0; i < 20; i++)
        {
            Task soon = _storage!.Audit.AppendSoonAsync(acme.Draft($"patient.{i}"));
            (await acme.TrailAsync()).Should().Contain(record => record.Draft.Action == $"patient.{i}");
            await soon;
        }
    }

    [Fact]
    public async Task PatientRecords_AreNotKeptOut_ByThoseThatSomebodyWaitsFor()
    {
        (Task held, ManualResetEventSlim gate) = Hold();
        List<string> order = [];
        Task[] waited =
        [
            .. Enumerable
                .Range(0, 600)
                .Select(_ => Database.TraceAsync(context => order.Add("waited for"), Cancellation)),
        ];
        Task patient = Database.TraceSoonAsync(context => order.Add("patient"));
        gate.Set();
        await Task.WhenAll([held, patient, .. waited]);

        order.IndexOf("patient").Should().BeLessThan(300, "half of each batch is open to them");
        gate.Dispose();
    }

    [Fact]
    public async Task PatientRecord_IsStored_WhenTheDatabaseClosesAtOnce()
    {
        Task soon = Database.TraceSoonAsync(context => Note(context, "soon"));
        await _storage!.DisposeAsync();

        await soon;
        _storage = await SqliteUnderTest.OpenAsync(_folder.Database, _time);
        (await NotesAsync()).Should().Equal("soon");
    }

    /// <summary>A connection that only reads sees its data version change once for each commit of another.</summary>
    private async Task<long> CommitsAsync() =>
        await Database.ReadAsync(connection => connection.ExecuteScalar<long>("PRAGMA data_version"), Cancellation);

    [Fact]
    public async Task WaitingWrite_IsTakenBack_WhenItsCallerLeaves()
    {
        (Task held, ManualResetEventSlim gate) = Hold();
        using CancellationTokenSource leaving = new();
        Task left = Database.WriteAsync(context => Note(context, "left"), leaving.Token);
        Task stayed = Database.WriteAsync(context => Note(context, "stayed"), Cancellation);
        await leaving.CancelAsync();

        await left.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
        gate.Set();
        await Task.WhenAll(held, stayed);
        (await NotesAsync()).Should().Equal("stayed");
        gate.Dispose();
    }

    [Fact]
    public async Task BegunWrite_IsFinished_WhenItsCallerLeaves()
    {
        using CancellationTokenSource leaving = new();
        Task<bool> write = Database.WriteAsync(
            context =>
            {
                leaving.Cancel();
                Note(context, "finished");
                return true;
            },
            leaving.Token
        );

        (await write).Should().BeTrue();
        (await NotesAsync()).Should().Equal("finished");
    }

    [Fact]
    public async Task FullDatabase_RefusesWrites_AndServesAgainOnceThereIsRoom()
    {
        await Database.WriteAsync(context => Note(context, "before"), Cancellation);
        await Database.WriteAsync(
            context => context.Connection.ExecuteScalar<long>("PRAGMA max_page_count = 1"), // the least is what it has
            Cancellation
        );
        Func<Task> write = () =>
            Database.WriteAsync(
                context => context.Execute("INSERT INTO note (text, size) VALUES ('large', zeroblob(100000))"),
                Cancellation
            );

        (await write.Should().ThrowAsync<StorageUnavailableException>()).Which.Fault.Should().Be(StorageFault.Full);

        (await NotesAsync()).Should().Equal("before");
        await Database.WriteAsync(
            context => context.Connection.ExecuteScalar<long>("PRAGMA max_page_count = 1000000"),
            Cancellation
        );
        await Database.WriteAsync(context => Note(context, "after"), Cancellation);
        (await NotesAsync()).Should().Equal("before", "after");
    }

    [Fact]
    public async Task ReadersCannotWrite()
    {
        Func<Task> write = () => Database.ReadAsync(connection => connection.Execute("DELETE FROM note"), Cancellation);

        (await write.Should().ThrowAsync<StorageUnavailableException>()).Which.Fault.Should().Be(StorageFault.ReadOnly);
    }

    [Fact]
    public async Task Closing_FinishesWhatWaits_AndRefusesWhatComesLater()
    {
        (Task held, ManualResetEventSlim gate) = Hold();
        Task waiting = Database.WriteAsync(context => Note(context, "waiting"), Cancellation);
        Task closing = Database.DisposeAsync().AsTask();
        Func<Task> late = () => Database.WriteAsync(context => Note(context, "late"), Cancellation);

        (await late.Should().ThrowAsync<StorageUnavailableException>()).Which.Fault.Should().Be(StorageFault.Closed);
        gate.Set();
        await Task.WhenAll(held, waiting, closing);

        using SqliteConnection connection = new($"Data Source={_folder.Database};Pooling=False");
        connection.Query<string>("SELECT text FROM note").Should().Equal("waiting");
        gate.Dispose();
    }

    [Fact]
    public async Task Durability_IsFull()
    {
        (long Journal, long Foreign, long Secure) pragmas = await Database.WriteAsync(
            context =>
                (
                    context.Connection.ExecuteScalar<long>("PRAGMA synchronous"),
                    context.Connection.ExecuteScalar<long>("PRAGMA foreign_keys"),
                    context.Connection.ExecuteScalar<long>("PRAGMA secure_delete")
                ),
            Cancellation
        );

        pragmas.Should().Be((2, 1, 1));
        (await Database.ReadAsync(connection => connection.ExecuteScalar<string>("PRAGMA journal_mode"), Cancellation))
            .Should()
            .Be("wal");
    }
}
