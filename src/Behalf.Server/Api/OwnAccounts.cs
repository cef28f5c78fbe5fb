using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Wire.ConnectedAccounts;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Account = Behalf.Connections.ConnectedAccount;

namespace Behalf.Server.Api;

/// <summary>What a person does with their own accounts, through a session bound to them: list, connect, disconnect.</summary>
internal sealed class OwnAccounts(
    IConnections connections,
    IAuthorization authorization,
    RequestSubjects subjects,
    AccountLookup accounts
)
{
    private const string NotConnected = "NOT_CONNECTED";
    private const int PageSize = 100;

    public async Task<ListMyAppConnectionsResponse> ListAsync(ServerCallContext context)
    {
        ActingSubject subject = await RequireAsync(context);
        Dictionary<ConnectionId, Account> own = (
            await connections.AccountsOfAsync(subject, context.CancellationToken)
        ).ToDictionary(account => account.Connection);
        ListMyAppConnectionsResponse response = new();
        Guid? after = null;
        do
        {
            Page<ConnectionView> page = await connections.ListAsync(
                context.Principal(),
                subject.Environment,
                new PageRequest(PageSize, After: after),
                context.CancellationToken
            );
            response.Connections.AddRange(
                page.Items.Select(view => ToEntry(view.Connection, own.GetValueOrDefault(view.Connection.Id)))
            );
            after = page.Next;
        } while (after is not null);

        return response;
    }

    public async Task<DisconnectConnectedAccountResponse> DisconnectAsync(ServerCallContext context, string id)
    {
        await RequireAsync(context);
        if (id.Length == 0)
        {
            throw context.Refuse(Problem.Invalid("id", "required", "is required"));
        }

        Account account = await accounts.FindAsync(context, AccountName.Of(id));
        Account stopped = (
            await connections.DisconnectAsync(context.Principal(), account, context.CancellationToken)
        ).OrThrow(context);
        return new DisconnectConnectedAccountResponse { ConnectedAccount = AccountWire.ToWire(stopped) };
    }

    public async Task<GetMyConnectionMagicLinkResponse> LinkAsync(ServerCallContext context, string connection)
    {
        ActingSubject subject = await RequireAsync(context);
        ConnectionName name =
            context.ReadConnection("connection_name", connection)
            ?? throw context.Refuse(Problem.Invalid("connection_name", "required", "is required"));
        AuthorizationLink link = (
            await authorization.CreateLinkAsync(
                subject,
                new LinkRequest { Connection = name },
                context.CancellationToken
            )
        ).OrThrow(context);
        return new GetMyConnectionMagicLinkResponse
        {
            Link = link.Link.ToString(),
            Expiry = link.ExpiresAt.ToTimestamp(),
        };
    }

    private async Task<ActingSubject> RequireAsync(ServerCallContext context) =>
        context.Principal().Kind == PrincipalKind.UserSession
            ? await subjects.ResolveAsync(context, string.Empty)
            : throw context.Refuse(
                Problem.Forbidden(
                    "user_session_required",
                    "These are a person's own accounts: call with a session bound to one user (POST /api/v1/user_sessions)."
                )
            );

    private static MyAppConnectionEntry ToEntry(Connection connection, Account? account) =>
        new()
        {
            ConnectionId = connection.Id.ToString(),
            Provider = connection.Connector,
            ConnectionName = connection.Name.Value,
            Enabled = connection.Enabled,
            UserStatus = account is null ? NotConnected : AccountWire.SpellStatus(account),
            ConnectedAccountId = account?.Id.ToString() ?? string.Empty,
        };
}
