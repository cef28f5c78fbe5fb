using Behalf.Audit.Executions;
using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Wire.Logs;
using Grpc.Core;

namespace Behalf.Server.Api.Services;

/// <summary><c>scalekit.v1.agentkit_logs.AgentkitAnalyticsService</c>. A user-bound credential gets its own user's figures.</summary>
[Accepts(PrincipalKind.ServiceClient, PrincipalKind.UserSession)]
internal sealed class AgentkitAnalyticsService(IExecutionLog log)
    : Wire.Logs.AgentkitAnalyticsService.AgentkitAnalyticsServiceBase
{
    public override async Task<OverviewStats> GetOverviewStats(
        GetOverviewStatsRequest request,
        ServerCallContext context
    ) =>
        ExecutionWire.ToWire(
            (
                await log.OverviewAsync(
                    new ExecutionFilter
                    {
                        Environment = context.Environment(),
                        From = context.ReadTime("start_time", request.StartTime),
                        To = context.ReadTime("end_time", request.EndTime),
                        Connectors = [.. request.Provider.Select(provider => provider.ToLowerInvariant())],
                        Statuses = [.. request.Status],
                        ErrorCodes = [.. request.ErrorCode],
                        ConnectionName = request.ConnectionName.Length == 0 ? null : request.ConnectionName,
                        Identifier = context.Principal().Subject?.Value,
                    },
                    context.CancellationToken
                )
            ).OrThrow(context)
        );
}
