using Behalf.Events;
using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Wire.Events;
using Google.Protobuf;
using Grpc.Core;
using Wired = Behalf.Wire.Events;

namespace Behalf.Server.Api.Services;

/// <summary>
/// <c>scalekit.v1.events.EventsService</c>: newest first. A user-bound credential sees what happened to its own user's
/// accounts. Events are what Behalf did; an application's own (<c>SendCustomEvent</c>) are not taken.
/// </summary>
[Accepts(PrincipalKind.ServiceClient, PrincipalKind.UserSession)]
internal sealed class EventsService(IEvents events, PageTokens pages) : Wired.EventsService.EventsServiceBase
{
    private const int MaxPageSize = 100;

    public override async Task<ListEventsResponse> ListEvents(ListEventsRequest request, ServerCallContext context)
    {
        Page<StoredEvent> page = await ReadAsync(context, request, request.Filter, request.PageSize, request.PageToken);
        ListEventsResponse response = new()
        {
            NextPageToken = pages.Before(context, request, page.Previous),
            PrevPageToken = pages.After(context, request, page.Next),
            TotalSize = (uint)page.TotalSize,
        };
        response.Events.AddRange(page.Items.Reverse().Select(EventWire.ToWire));
        return response;
    }

    public override async Task<ListEventsPaginatedResponse> ListEventsPaginated(
        ListEventsPaginatedRequest request,
        ServerCallContext context
    )
    {
        Page<StoredEvent> page = await ReadAsync(context, request, request.Filter, request.PageSize, request.PageToken);
        ListEventsPaginatedResponse response = new()
        {
            NextPageToken = pages.Before(context, request, page.Previous),
            PrevPageToken = pages.After(context, request, page.Next),
        };
        response.Events.AddRange(page.Items.Reverse().Select(EventWire.ToWire));
        return response;
    }

    private async Task<Page<StoredEvent>> ReadAsync(
        ServerCallContext context,
        IMessage request,
        Wired.EventFilter? asked,
        uint size,
        string token
    )
    {
        PageRequest wanted = pages.Read(context, request, token, size is 0 or > MaxPageSize ? MaxPageSize : (int)size);
        return FilterOf(context, asked ?? new Wired.EventFilter()) is { } filter
            ? await events.ListAsync(
                filter,
                wanted is { After: null, Before: null } ? wanted with { Before = Guid.AllBitsSet } : wanted,
                context.CancellationToken
            )
            : new Page<StoredEvent>([], null, null, 0);
    }

    /// <returns>Null: nothing we keep can match.</returns>
    private static Behalf.Events.EventFilter? FilterOf(ServerCallContext context, Wired.EventFilter asked)
    {
        ConnectionId connection = default;
        AccountId account = default;
        bool canMatch =
            asked.Source is Source.Unspecified or Source.Scalekit
            && asked is { AuthRequestId: "", InterceptorId: "", InterceptorStatus: "", InterceptorDecision: "" }
            && (asked.ConnectionId.Length == 0 || EntityId.TryParse(asked.ConnectionId, out connection))
            && (asked.ConnectedAccountId.Length == 0 || EntityId.TryParse(asked.ConnectedAccountId, out account));
        return canMatch
            ? new Behalf.Events.EventFilter(context.Environment())
            {
                Types = [.. asked.EventTypes],
                From = context.ReadTime("filter.start_time", asked.StartTime),
                To = context.ReadTime("filter.end_time", asked.EndTime),
                Connection = asked.ConnectionId.Length == 0 ? null : connection,
                Account = asked.ConnectedAccountId.Length == 0 ? null : account,
                Identifier = context.Principal().Subject?.Value,
                OrganizationId = asked.OrganizationId.Length == 0 ? null : asked.OrganizationId,
            }
            : null;
    }
}
