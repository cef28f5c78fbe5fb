using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>Keeps every line of a server's log, scopes and exceptions included, at the most detailed level.</summary>
internal sealed class KeptLog : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => new Keeper(categoryName, _lines);

    public void Dispose() { }

    private sealed class Keeper(string category, ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            lines.Enqueue($"{category}: scope {Parts(state)}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            Microsoft.Extensions.Logging.EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => lines.Enqueue($"{category}: {logLevel} {formatter(state, exception)} {Parts(state)} {exception}");

        private static string Parts<TState>(TState state) =>
            state is IEnumerable<KeyValuePair<string, object?>> parts
                ? string.Join(' ', parts.Select(part => $"{part.Key}={part.Value}"))
                : $"{state}";
    }
}
