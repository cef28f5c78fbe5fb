using Behalf.Client.Internal;
using Behalf.Wire.Logs;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Proto = Behalf.Wire.Logs;

namespace Behalf.Client;

/// <summary>The log of tool calls: what was called for whom, and how it ended.</summary>
public sealed class ToolCallLogsClient
{
    private const uint PageSize = 100;

    private readonly Rpc<AccessToken> _rpc;
    private readonly AgentkitLogsService.AgentkitLogsServiceClient _logs;
    private readonly AgentkitAnalyticsService.AgentkitAnalyticsServiceClient _analytics;

    internal ToolCallLogsClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _logs = new AgentkitLogsService.AgentkitLogsServiceClient(invoker);
        _analytics = new AgentkitAnalyticsService.AgentkitAnalyticsServiceClient(invoker);
    }

    /// <summary>Every call that fits, the newest first, page by page.</summary>
    public IAsyncEnumerable<ToolCallLog> ListAsync(
        ToolCallQuery? query = null,
        CancellationToken cancellationToken = default
    ) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var request = Request(query ?? new ToolCallQuery());
                request.PageToken = page;
                var response = await _rpc.CallAsync(options => _logs.ListToolCallLogsAsync(request, options), token)
                    .ConfigureAwait(false);
                return (response.ToolCallLogs.Select(Read), response.NextPageToken);
            },
            cancellationToken
        );

    public async Task<ToolCallLog> GetAsync(string executionId, CancellationToken cancellationToken = default)
    {
        var request = new GetToolCallLogRequest { ExecutionId = executionId };
        return Read(
            await _rpc.CallAsync(options => _logs.GetToolCallLogAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    /// <summary>Counts by outcome.</summary>
    /// <param name="from">Null: as far back as the server looks by itself.</param>
    /// <param name="to">Null: now.</param>
    /// <param name="connectionName">Null: of all connections.</param>
    public async Task<ToolCallOverview> CountAsync(
        DateTimeOffset? from = null,
        DateTimeOffset? to = null,
        string? connectionName = null,
        CancellationToken cancellationToken = default
    )
    {
        var request = new GetOverviewStatsRequest { StartTime = from?.ToTimestamp(), EndTime = to?.ToTimestamp() };
        if (connectionName is not null)
        {
            request.ConnectionName = connectionName;
        }
        var stats = await _rpc.CallAsync(
                options => _analytics.GetOverviewStatsAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return new ToolCallOverview(
            stats.Total,
            stats.Success,
            stats.ProviderErrors,
            stats.PlatformErrors,
            stats.TopErrorCodes.ToDictionary(code => code.ErrorCode, code => code.Count, StringComparer.Ordinal)
        );
    }

    private static ListToolCallLogsRequest Request(ToolCallQuery query)
    {
        var request = new ListToolCallLogsRequest
        {
            StartTime = query.From?.ToTimestamp(),
            EndTime = query.To?.ToTimestamp(),
            PageSize = PageSize,
        };
        request.Status.Add(query.Statuses);
        request.Provider.Add(query.Connectors);
        if (query.ConnectionName is { } connection)
        {
            request.ConnectionName = connection;
        }
        if (query.AccountId is { } account)
        {
            request.ConnectedAccountId = account;
        }
        if (query.Identifier is { } identifier)
        {
            request.Identifier = identifier;
        }
        if (query.AgentRunId is { } run)
        {
            request.AgentRunId = run;
        }
        return request;
    }

    private static ToolCallLog Read(Proto.ToolCallLog log) =>
        new(
            log.ExecutionId,
            log.ToolName,
            log.Provider,
            log.ConnectionName,
            log.ConnectedAccountId,
            log.Identifier,
            log.Status,
            log.StartedAt.ToDateTimeOffset(),
            TimeSpan.FromMilliseconds(log.DurationMs)
        )
        {
            ErrorCode = NullIfEmpty(log.ErrorCode),
            ErrorMessage = NullIfEmpty(log.ErrorMessage),
            AgentRunId = NullIfEmpty(log.AgentRunId),
            Source = log.Source,
        };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
