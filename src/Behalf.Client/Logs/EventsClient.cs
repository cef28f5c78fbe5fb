using Behalf.Client.Internal;
using Behalf.Wire.Events;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>What happened to connected accounts.</summary>
public sealed class EventsClient
{
    private const uint PageSize = 100;

    private readonly Rpc<AccessToken> _rpc;
    private readonly EventsService.EventsServiceClient _events;

    internal EventsClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _events = new EventsService.EventsServiceClient(invoker);
    }

    /// <summary>Every event that fits, the newest first, page by page.</summary>
    public IAsyncEnumerable<AccountEvent> ListAsync(
        EventQuery? query = null,
        CancellationToken cancellationToken = default
    ) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var request = new ListEventsPaginatedRequest
                {
                    Filter = Filter(query ?? new EventQuery()),
                    PageSize = PageSize,
                    PageToken = page,
                };
                var response = await _rpc.CallAsync(
                        options => _events.ListEventsPaginatedAsync(request, options),
                        token
                    )
                    .ConfigureAwait(false);
                return (response.Events.Select(Read), response.NextPageToken);
            },
            cancellationToken
        );

    private static EventFilter Filter(EventQuery query)
    {
        var filter = new EventFilter
        {
            StartTime = query.From?.ToTimestamp(),
            EndTime = query.To?.ToTimestamp(),
            OrganizationId = query.OrganizationId ?? "",
        };
        filter.EventTypes.Add(query.Types);
        if (query.ConnectionId is { } connection)
        {
            filter.ConnectionId = connection;
        }
        if (query.AccountId is { } account)
        {
            filter.ConnectedAccountId = account;
        }
        return filter;
    }

    private static AccountEvent Read(ScalekitEvent one) =>
        new(one.Id, one.Type, one.OccurredAt.ToDateTimeOffset(), StructJson.ToJson(one.Data ?? new Struct()));
}
