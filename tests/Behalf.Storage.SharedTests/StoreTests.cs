using Microsoft.Extensions.Time.Testing;

namespace Behalf.Storage.SharedTests;

/// <summary>The base of every suite: a fresh database for each test. A database's own tests derive and say how to open one.</summary>
public abstract class StoreTests : IAsyncLifetime
{
    private StorageUnderTest? _storage;
    private Acme? _acme;

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    protected StorageUnderTest Storage => _storage ?? throw new InvalidOperationException("Not opened.");

    /// <value>One environment with a client, a connection and users, ready to use.</value>
    protected Acme Acme => _acme ?? throw new InvalidOperationException("Not opened.");

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>An empty, migrated database.</summary>
    protected abstract Task<StorageUnderTest> OpenAsync(FakeTimeProvider time);

    public async ValueTask InitializeAsync()
    {
        _storage = await OpenAsync(Time);
        _acme = await Acme.BuildAsync(_storage, "acme");
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_storage is not null)
        {
            await _storage.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Runs the same thing many times at once and gives all answers.</summary>
    protected static Task<T[]> AtOnceAsync<T>(int callers, Func<int, Task<T>> call)
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<T>[] calls =
        [
            .. Enumerable
                .Range(0, callers)
                .Select(async i =>
                {
                    await gate.Task;
                    return await call(i);
                }),
        ];
        gate.SetResult();
        return Task.WhenAll(calls);
    }
}
