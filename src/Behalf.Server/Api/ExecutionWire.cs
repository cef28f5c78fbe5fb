using System.Globalization;
using Behalf.Audit;
using Behalf.Audit.Executions;
using Behalf.Wire.Logs;
using Google.Protobuf.WellKnownTypes;

namespace Behalf.Server.Api;

/// <summary>The log of calls as the wire has it. Sentences about errors are ours, unless the environment logs errors in detail.</summary>
internal static class ExecutionWire
{
    private const string Provider = "provider";
    private const string Platform = "platform";

    public static ToolCallLog ToWire(Execution execution)
    {
        ToolCallLog log = new()
        {
            Id = execution.Id.ToString(),
            EnvironmentId = execution.Environment.ToString(),
            ExecutionId = execution.Id.ToString(),
            ToolName = execution.Tool,
            Provider = execution.Connector ?? string.Empty,
            ConnectedAccountId = execution.Account.ToString(),
            ConnectionId = execution.Connection?.ToString() ?? string.Empty,
            ConnectionName = execution.ConnectionName,
            Identifier = execution.Identifier ?? string.Empty,
            UserId = execution.UserId ?? string.Empty,
            Source = execution.Source,
            Status = execution.Status,
            ErrorTier = TierOf(execution),
            ErrorCode = execution.ErrorCode ?? string.Empty,
            ErrorMessage = MessageOf(execution),
            DurationMs = execution.EndedAt is { } ended ? (long)(ended - execution.StartedAt).TotalMilliseconds : 0,
            StartedAt = execution.StartedAt.ToTimestamp(),
        };
        if (execution.AgentRun is { } run)
        {
            log.AgentRunId = run;
        }

        if (execution.OrganizationId is { } organization)
        {
            log.OrganizationId = organization;
        }

        return log;
    }

    public static OverviewStats ToWire(ExecutionOverview overview)
    {
        OverviewStats stats = new()
        {
            Total = overview.All.Total,
            Success = overview.All.Success,
            Errors = overview.All.Errors,
            ProviderErrors = overview.All.ProviderErrors,
            PlatformErrors = overview.All.PlatformErrors,
        };
        stats.TopErrorCodes.AddRange(
            overview.ErrorCodes.Select(code => new ErrorCodeCount { ErrorCode = code.Code, Count = code.Count })
        );
        stats.ConnectorBreakdown.AddRange(
            overview.Connectors.Select(one => new ConnectorStat
            {
                Provider = one.Connector,
                Total = one.Tally.Total,
                Success = one.Tally.Success,
                Errors = one.Tally.Errors,
                ProviderErrors = one.Tally.ProviderErrors,
                PlatformErrors = one.Tally.PlatformErrors,
            })
        );
        stats.TimeSeries.AddRange(
            overview.Buckets.Select(bucket => new TimeSeriesBucket
            {
                Bucket = bucket.Begins.ToTimestamp(),
                Total = bucket.Tally.Total,
                Success = bucket.Tally.Success,
                Errors = bucket.Tally.Errors,
                BucketDurationSeconds = (long)overview.BucketWidth.TotalSeconds,
                ProviderErrors = bucket.Tally.ProviderErrors,
                PlatformErrors = bucket.Tally.PlatformErrors,
            })
        );
        return stats;
    }

    private static string TierOf(Execution execution) =>
        execution.Status switch
        {
            ExecutionStatuses.ProviderError => Provider,
            ExecutionStatuses.PlatformError => Platform,
            _ => string.Empty,
        };

    private static string MessageOf(Execution execution) =>
        execution switch
        {
            { Status: ExecutionStatuses.Success or ExecutionStatuses.Running } => string.Empty,
            { ErrorMessage: { } told } => told,
            { ErrorCode: CallOutcomes.OutcomeUnknown } => "Whether the call was carried out is not known.",
            { Status: ExecutionStatuses.ProviderError, ProviderStatus: { } status } => string.Create(
                CultureInfo.InvariantCulture,
                $"The provider refused the call with status {status}."
            ),
            { Status: ExecutionStatuses.ProviderError } => "The provider did not carry out the call.",
            _ => "The call ended on our side before the provider had carried it out.",
        };
}
