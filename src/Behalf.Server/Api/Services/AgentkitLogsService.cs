using Behalf.Audit.Executions;
using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Wire.Logs;
using Grpc.Core;

namespace Behalf.Server.Api.Services;

/// <summary><c>scalekit.v1.agentkit_logs.AgentkitLogsService</c>: newest first. A user-bound credential sees its own user's calls.</summary>
[Accepts(PrincipalKind.ServiceClient, PrincipalKind.UserSession)]
internal sealed class AgentkitLogsService(IExecutionLog log, RequestSubjects subjects, PageTokens pages)
    : Wire.Logs.AgentkitLogsService.AgentkitLogsServiceBase
{
    private const int MaxPageSize = 100;

    private static readonly Problem Unknown = Problem.NotFound("execution");

    public override async Task<ListToolCallLogsResponse> ListToolCallLogs(
        ListToolCallLogsRequest request,
        ServerCallContext context
    )
    {
        await subjects.CheckAsync(context, request.Identifier, string.Empty);
        PageRequest wanted = pages.Read(
            context,
            request,
            request.PageToken,
            request.PageSize is 0 or > MaxPageSize ? MaxPageSize : (int)request.PageSize
        );
        if (FilterOf(request, context) is not { } filter)
        {
            return new ListToolCallLogsResponse(); // an id that nothing can have
        }

        Page<Execution> page = await log.ListAsync(
            filter,
            wanted is { After: null, Before: null } ? wanted with { Before = Guid.AllBitsSet } : wanted,
            context.CancellationToken
        );
        ListToolCallLogsResponse response = new()
        {
            TotalSize = page.TotalSize,
            NextPageToken = pages.Before(context, request, page.Previous),
            PrevPageToken = pages.After(context, request, page.Next),
        };
        response.ToolCallLogs.AddRange(page.Items.Reverse().Select(ExecutionWire.ToWire));
        return response;
    }

    public override async Task<ToolCallLog> GetToolCallLog(GetToolCallLogRequest request, ServerCallContext context) =>
        EntityId.TryParse(request.ExecutionId, out ExecutionId id)
        && await log.FindAsync(context.Environment(), id, context.Principal().Subject?.Value, context.CancellationToken)
            is { } execution
            ? ExecutionWire.ToWire(execution)
            : throw context.Refuse(Unknown);

    private static ExecutionFilter? FilterOf(ListToolCallLogsRequest request, ServerCallContext context)
    {
        ConnectionId connection = default;
        AccountId account = default;
        bool canMatch =
            (request.ConnectionId.Length == 0 || EntityId.TryParse(request.ConnectionId, out connection))
            && (request.ConnectedAccountId.Length == 0 || EntityId.TryParse(request.ConnectedAccountId, out account));
        return canMatch
            ? new ExecutionFilter
            {
                Environment = context.Environment(),
                From = context.ReadTime("start_time", request.StartTime),
                To = context.ReadTime("end_time", request.EndTime),
                Statuses = [.. request.Status],
                Connectors = [.. request.Provider.Select(provider => provider.ToLowerInvariant())],
                Connection = request.ConnectionId.Length == 0 ? null : connection,
                ConnectionName = NullIfEmpty(request.ConnectionName),
                Account = request.ConnectedAccountId.Length == 0 ? null : account,
                Identifier = context.Principal().Subject?.Value ?? NullIfEmpty(request.Identifier),
                AgentRun = NullIfEmpty(request.AgentRunId),
            }
            : null;
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
