using Behalf.Audit;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Storage.SharedTests;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Storage.Sqlite.Tests;

public sealed class ReadMemoryTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private StorageUnderTest? _storage;
    private Acme? _acme;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private StorageUnderTest Storage => _storage!;

    private Acme Acme => _acme!;

    public async ValueTask InitializeAsync()
    {
        _storage = await SqliteUnderTest.OpenAsync(_folder.Database, _time);
        _acme = await SharedTests.Acme.BuildAsync(_storage, "acme");
    }

    public async ValueTask DisposeAsync()
    {
        await Storage.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task LookUp_IsAnsweredFromMemory_UntilSomethingChanges()
    {
        ConnectedAccount alice = await Acme.ActiveAccountAsync("alice");
        Task<IReadOnlyList<ConnectedAccount>> LookAsync() =>
            Storage.Accounts.OfUserAsync(Acme.Id, alice.Identifier, Cancellation);

        CallIntent call = await Acme.IntentAsync(alice);
        CallIntent next = await Acme.IntentAsync(alice);
        await Storage.Audit.StartAsync(call, Cancellation); // writes when the account was used, as it does once a minute
        IReadOnlyList<ConnectedAccount> first = await LookAsync();
        (await LookAsync()).Should().BeSameAs(first);
        await Storage.Audit.StartAsync(next, Cancellation);
        await Storage.Audit.AppendAsync(Acme.Draft(), Cancellation);
        await Storage.Audit.AppendSoonAsync(Acme.Draft());
        (await LookAsync()).Should().BeSameAs(first, "the trail of calls changes nothing that is remembered");
        await Acme.ActiveAccountAsync("bob");
        (await LookAsync()).Should().NotBeSameAs(first);
    }

    [Fact]
    public async Task Change_IsSeen_ByWhoeverLooksAfterItsAcknowledgement()
    {
        const int Bumps = 400;
        Identifier alice = (await Acme.ActiveAccountAsync("alice")).Identifier;
        long acknowledged = (await Storage.Users.FindAsync(Acme.Id, alice, Cancellation))!.Value.Epoch;
        long first = acknowledged;
        long looks = 0;
        async Task LookAsync()
        {
            while (Volatile.Read(ref acknowledged) < first + Bumps)
            {
                long least = Volatile.Read(ref acknowledged);
                UserEpoch? seen = await Storage.Users.FindAsync(Acme.Id, alice, Cancellation);
                seen!.Value.Epoch.Should().BeGreaterThanOrEqualTo(least);
                Interlocked.Increment(ref looks);
                await Task.Yield();
            }
        }

        Task[] readers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(LookAsync, Cancellation))];
        for (int i = 0; i < Bumps; i++)
        {
            await Storage.Users.BumpEpochAsync(Acme.Id, alice, Traces.None, Cancellation);
            Interlocked.Increment(ref acknowledged);
        }

        await Task.WhenAll(readers);
        looks.Should().BePositive();
    }

    [Fact]
    public async Task EndedSecret_IsNotRemembered()
    {
        ApiClient client = Acme.Client;
        await Storage.Clients.RotateSecretAsync(
            Acme.Id,
            client.Id,
            Digest.Of("the new one"),
            _time.GetUtcNow() + TimeSpan.FromMinutes(1),
            Traces.None,
            Cancellation
        );
        async Task<int> SecretsAsync() =>
            (await Storage.Clients.FindByClientIdAsync(client.ClientId, Cancellation))!.Secrets.Count;

        (await SecretsAsync()).Should().Be(2);
        _time.Advance(TimeSpan.FromMinutes(2));
        (await SecretsAsync()).Should().Be(1);
    }
}
