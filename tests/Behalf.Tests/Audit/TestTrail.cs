using Behalf.Audit;
using Behalf.Vault;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Tests.Audit;

/// <summary>The trail as the product builds it, over memory.</summary>
internal sealed class TestTrail : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public TestTrail(IVault vault)
    {
        Store = new MemoryAuditStore(Time);
        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton<IAuditStore>(Store);
        services.AddSingleton<IAuditUpkeepStore>(Store);
        services.AddSingleton(vault);
        services.AddSingleton<ILoggerProvider>(Log);
        services.AddAudit();
        _services = services.BuildServiceProvider();
        Audit = _services.GetRequiredService<IAudit>();
        Upkeep = _services.GetRequiredService<IAuditUpkeep>();
        Checkpoints = _services.GetRequiredService<IAuditCheckpoints>();
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public MemoryAuditStore Store { get; }

    public IAudit Audit { get; }

    public IAuditUpkeep Upkeep { get; }

    public IAuditCheckpoints Checkpoints { get; }

    public KeptLog Log { get; } = new();

    public async Task RecordAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(5));
            (await Audit.RecordAsync(Calls.Admin($"record {i}"), TestContext.Current.CancellationToken))
                .Succeeded.Should()
                .BeTrue();
        }
    }

    public Task<bool> CheckpointAsync() =>
        Checkpoints.WriteAsync(Calls.Environment, TestContext.Current.CancellationToken);

    public Task<AuditVerification> VerifyAsync() =>
        Audit.VerifyAsync(Calls.Environment, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}

internal sealed class KeptLog : ILoggerProvider, ILogger
{
    private readonly Lock _gate = new();
    private readonly List<(LogLevel Level, string Message)> _lines = [];

    public IReadOnlyList<(LogLevel Level, string Message)> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        Microsoft.Extensions.Logging.EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        lock (_gate)
        {
            _lines.Add((logLevel, formatter(state, exception)));
        }
    }

    public void Dispose() { }
}
