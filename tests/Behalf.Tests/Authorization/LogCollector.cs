using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Behalf.Tests.Authorization;

/// <summary>Keeps every line that is logged, at every level, with its exceptions.</summary>
internal sealed class LogCollector : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

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
    ) => _lines.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");

    public void ShouldHoldNone(params string[] secrets)
    {
        foreach (string secret in secrets)
        {
            Lines.Should().NotContain(line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    public void Dispose() { }
}
