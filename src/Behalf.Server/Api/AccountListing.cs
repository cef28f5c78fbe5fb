using Behalf.Connections;
using Behalf.Identity;
using Behalf.Wire.ConnectedAccounts;
using Grpc.Core;
using Account = Behalf.Connections.ConnectedAccount;

namespace Behalf.Server.Api;

/// <summary>Lists and searches connected accounts, page by page.</summary>
internal sealed class AccountListing(IConnections connections, RequestSubjects subjects, PageTokens pages)
{
    private const int DefaultPageSize = 50;
    private const int SearchPageSize = 30;

    public async Task<ListConnectedAccountsResponse> ListAsync(
        ListConnectedAccountsRequest request,
        ServerCallContext context
    )
    {
        AccountFilter filter = await FilterAsync(context, request.Identifier, request.UserId);
        List<ConnectionName> names = [.. request.ConnectionNames.Select(ConnectionName.Parse)];
        if (context.ReadConnection("connector", request.Connector) is { } connector)
        {
            names = names.Count == 0 || names.Contains(connector) ? [connector] : throw NoOverlap(context);
        }

        AccountLabels labels = AccountLookup.LabelsOf(
            context,
            AccountName.Labelled(request.OrganizationId, request.UserId)
        );
        Page<Account> page = await connections.ListAccountsAsync(
            context.Principal(),
            filter with
            {
                Connections = names,
                Connector = request.Provider.Length == 0 ? null : request.Provider.ToLowerInvariant(),
                IdentifierPrefix = request.Query.Length == 0 ? null : request.Query,
                OrganizationId = labels.OrganizationId,
                UserId = labels.UserId,
            },
            pages.Read(context, request, request.PageToken, SizeOf(request.PageSize, DefaultPageSize)),
            context.CancellationToken
        );
        ListConnectedAccountsResponse response = new()
        {
            TotalSize = (uint)page.TotalSize,
            NextPageToken = pages.After(context, request, page.Next),
            PrevPageToken = pages.Before(context, request, page.Previous),
        };
        response.ConnectedAccounts.AddRange(page.Items.Select(AccountWire.ToListItem));
        return response;
    }

    public async Task<SearchConnectedAccountsResponse> SearchAsync(
        SearchConnectedAccountsRequest request,
        ServerCallContext context
    )
    {
        AccountFilter filter = await FilterAsync(context, string.Empty, string.Empty);
        List<ConnectionName> names = [];
        if (request.ConnectionId.Length > 0)
        {
            ConnectionId id = EntityId.TryParse(request.ConnectionId, out ConnectionId parsed)
                ? parsed
                : throw context.Refuse(Problem.NotFound("connection"));
            ConnectionView view = (
                await connections.FindAsync(context.Principal(), context.Environment(), id, context.CancellationToken)
            ).OrThrow(context);
            names.Add(view.Connection.Name);
        }

        Page<Account> page = await connections.ListAccountsAsync(
            context.Principal(),
            filter with
            {
                Connections = names,
                IdentifierPrefix = request.Query,
            },
            pages.Read(context, request, request.PageToken, SizeOf(request.PageSize, SearchPageSize)),
            context.CancellationToken
        );
        SearchConnectedAccountsResponse response = new()
        {
            TotalSize = (uint)page.TotalSize,
            NextPageToken = pages.After(context, request, page.Next),
            PrevPageToken = pages.Before(context, request, page.Previous),
        };
        response.ConnectedAccounts.AddRange(page.Items.Select(AccountWire.ToListItem));
        return response;
    }

    private static int SizeOf(uint asked, int otherwise) => asked == 0 ? otherwise : (int)asked;

    private static RpcException NoOverlap(ServerCallContext context) =>
        context.Refuse(Problem.Invalid("connector", "conflict", "is not among connection_names"));

    /// <summary>A user session sees its own user's accounts; a service credential those it asks for.</summary>
    private async Task<AccountFilter> FilterAsync(ServerCallContext context, string identifier, string userId)
    {
        AccountFilter filter = new() { Environment = context.Environment() };
        bool isUser = context.Principal().Kind == PrincipalKind.UserSession;
        if (!isUser && identifier.Length == 0)
        {
            return filter;
        }

        ActingSubject subject = isUser
            ? await subjects.ResolveAsync(context, identifier, userId)
            : await subjects.ResolveAsync(context, identifier);
        return filter with { Identifier = subject.Identifier };
    }
}
