using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>Keeps <see cref="SharedClock"/> at the database's time. A clock of a test is the database's already.</summary>
internal sealed partial class DatabaseClock(SharedClock clock, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Suspicious = TimeSpan.FromSeconds(5);

    private bool _warned;

    public async Task ReadAsync(NpgsqlConnection connection)
    {
        if (time != TimeProvider.System)
        {
            return;
        }

        DateTimeOffset before = time.GetUtcNow();
        long asked = time.GetTimestamp();
        DateTime there = await connection.ExecuteScalarAsync<DateTime>("SELECT clock_timestamp()");
        TimeSpan took = time.GetElapsedTime(asked);
        if (took > Suspicious)
        {
            return; // says too little; the next beat asks again
        }

        clock.Set(new DateTimeOffset(there.ToUniversalTime(), TimeSpan.Zero), before + took / 2);
        if (clock.Offset.Duration() <= Suspicious)
        {
            _warned = false;
        }
        else if (!_warned)
        {
            _warned = true;
            Log.Off(logger, clock.Offset);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            EventId = 4204,
            Level = LogLevel.Warning,
            Message = "This machine's clock and the database's are apart by {Offset}: set this machine's right. Tokens of providers go by the database's"
        )]
        public static partial void Off(ILogger logger, TimeSpan offset);
    }
}
