using System.Data.Common;
using Microsoft.Extensions.Logging;

namespace Behalf.Audit;

/// <summary>Whether the trail can be written at the moment; logs each outage once, and its end. Safe to call concurrently.</summary>
internal sealed partial class AuditOutage(ILogger<AuditOutage> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Without a further attempt, nobody knows longer than this whether it lasts. Of the system's clock, also in tests: it is
    /// told to probes, whose time is their own.
    /// </summary>
    private static readonly TimeSpan Known = TimeSpan.FromSeconds(10);

    private int _lasting;
    private long _failedAt;

    /// <value>The newest attempt to write failed, and was not long ago.</value>
    public bool IsLasting =>
        Volatile.Read(ref _lasting) == 1 && TimeProvider.System.GetElapsedTime(Volatile.Read(ref _failedAt)) < Known;

    /// <summary>True for what storage does when it fails; false for bugs, which fail loudly.</summary>
    public static bool IsStorageFailure(Exception failure) =>
        failure
            is StorageUnavailableException
                or DbException
                or IOException
                or TimeoutException
                or UnauthorizedAccessException;

    /// <returns>The refusal for whoever needed the record.</returns>
    public Problem Began(Exception failure)
    {
        Volatile.Write(ref _failedAt, TimeProvider.System.GetTimestamp());
        if (Interlocked.Exchange(ref _lasting, 1) == 0)
        {
            Telemetry.Outage(1);
            Log.Began(logger, failure);
        }

        return new Problem(
            ProblemKind.Unavailable,
            "audit_unavailable",
            "the audit trail cannot be written at the moment, so nothing was done; try again"
        )
        {
            RetryAfter = RetryAfter,
        };
    }

    public void Ended()
    {
        if (Volatile.Read(ref _lasting) == 1 && Interlocked.Exchange(ref _lasting, 0) == 1)
        {
            Telemetry.Outage(-1);
            Log.Ended(logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            EventId = 4001,
            Level = LogLevel.Critical,
            Message = "The audit trail cannot be written: calls are refused until it can"
        )]
        public static partial void Began(ILogger logger, Exception failure);

        [LoggerMessage(EventId = 4002, Level = LogLevel.Warning, Message = "The audit trail can be written again")]
        public static partial void Ended(ILogger logger);
    }
}
