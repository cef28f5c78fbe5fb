using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Wire.ConnectedAccounts;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Account = Behalf.Connections.ConnectedAccount;

namespace Behalf.Server.Api.Services;

/// <summary><c>scalekit.v1.connected_accounts.ConnectedAccountService</c>.</summary>
[Accepts(PrincipalKind.ServiceClient, PrincipalKind.UserSession)]
internal sealed class ConnectedAccountService(
    IConnections connections,
    IAuthorization authorization,
    RequestSubjects subjects,
    AccountLookup accounts,
    PageTokens pages
) : Wire.ConnectedAccounts.ConnectedAccountService.ConnectedAccountServiceBase
{
    private const int DefaultPageSize = 50;
    private const int SearchPageSize = 30;
    private const string OtherProviderUserHeader = "behalf-allow-other-provider-user";

    public override async Task<ListConnectedAccountsResponse> ListConnectedAccounts(
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
            new AccountName(string.Empty, string.Empty, string.Empty, request.OrganizationId, request.UserId)
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

    public override async Task<SearchConnectedAccountsResponse> SearchConnectedAccounts(
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
                await connections.FindAsync(context.Environment(), id, context.CancellationToken)
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

    public override async Task<CreateConnectedAccountResponse> CreateConnectedAccount(
        CreateConnectedAccountRequest request,
        ServerCallContext context
    )
    {
        if (BringsCredential(request.ConnectedAccount.AuthorizationDetails))
        {
            throw ProblemStatus.Unimplemented("Importing credentials").ToRpcException();
        }

        ConnectionName connection = Require(context, request.Connector);
        ActingSubject subject = await subjects.ResolveAsync(context, request.Identifier, request.UserId);
        AccountLabels labels = AccountLookup.LabelsOf(
            context,
            new AccountName(string.Empty, string.Empty, string.Empty, request.OrganizationId, request.UserId)
        ) with
        {
            ApiConfig = request.ConnectedAccount.ApiConfig is { } config
                ? StructJson.ToElement(config, "connected_account.api_config").OrThrow(context).GetRawText()
                : null,
        };
        Account account = (
            await connections.CreateAccountAsync(subject, connection, labels, context.CancellationToken)
        ).OrThrow(context);
        return new CreateConnectedAccountResponse { ConnectedAccount = AccountWire.ToWire(account) };
    }

    public override async Task<GetConnectedAccountResponse> GetConnectedAccount(
        GetConnectedAccountRequest request,
        ServerCallContext context
    )
    {
        Account account = await FindOrOwnAsync(context, request.Id);
        AccountWire.AddReason(context, account);
        return new GetConnectedAccountResponse { ConnectedAccount = AccountWire.ToWire(account) };
    }

    public override async Task<GetConnectedAccountByIdentifierResponse> GetConnectedAccountDetails(
        GetConnectedAccountByIdentifierRequest request,
        ServerCallContext context
    )
    {
        Account account = await accounts.FindAsync(
            context,
            new AccountName(request.Id, request.Connector, request.Identifier, request.OrganizationId, request.UserId)
        );
        AccountWire.AddReason(context, account);
        return new GetConnectedAccountByIdentifierResponse { ConnectedAccount = AccountWire.ToWire(account) };
    }

    /// <summary>Reading tokens back is off: the same answer as the details, without secrets.</summary>
    public override Task<GetConnectedAccountByIdentifierResponse> GetConnectedAccountAuth(
        GetConnectedAccountByIdentifierRequest request,
        ServerCallContext context
    ) => GetConnectedAccountDetails(request, context);

    public override async Task<GetMagicLinkForConnectedAccountResponse> GetMagicLinkForConnectedAccount(
        GetMagicLinkForConnectedAccountRequest request,
        ServerCallContext context
    )
    {
        bool isService = context.Principal().Kind == PrincipalKind.ServiceClient;
        if (request.UserVerifyUrl.Length > 0 && !isService)
        {
            throw context.Refuse(
                Problem.Forbidden(
                    "service_credential_needed",
                    "Only a service credential may say where a person is verified."
                )
            );
        }

        AccountName name = new(
            request.Id,
            request.Connector,
            request.Identifier,
            request.OrganizationId,
            request.UserId
        );
        (ActingSubject subject, ConnectionName connection) = await LinkTargetAsync(context, name);
        AuthorizationLink link = (
            await authorization.CreateLinkAsync(
                subject,
                new LinkRequest
                {
                    Connection = connection,
                    VerifyUrl = request.UserVerifyUrl.Length == 0 ? null : request.UserVerifyUrl,
                    AppState = request.State.Length == 0 ? null : request.State,
                    AllowOtherProviderUser =
                        isService && context.RequestHeaders.GetValue(OtherProviderUserHeader) == "true",
                    Labels = AccountLookup.LabelsOf(context, name),
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return new GetMagicLinkForConnectedAccountResponse
        {
            Link = link.Link.ToString(),
            Expiry = link.ExpiresAt.ToTimestamp(),
        };
    }

    [Accepts(PrincipalKind.ServiceClient)]
    public override async Task<VerifyConnectedAccountUserResponse> VerifyConnectedAccountUser(
        VerifyConnectedAccountUserRequest request,
        ServerCallContext context
    )
    {
        Identifier identifier = Identifier.Parse(request.Identifier);
        Uri next = (
            await authorization.VerifyAsync(
                context.Principal(),
                request.AuthRequestId,
                identifier,
                context.CancellationToken
            )
        ).OrThrow(context);
        return new VerifyConnectedAccountUserResponse { PostUserVerifyRedirectUrl = next.ToString() };
    }

    public override async Task<DeleteConnectedAccountResponse> DeleteConnectedAccount(
        DeleteConnectedAccountRequest request,
        ServerCallContext context
    )
    {
        Account account = await accounts.FindAsync(
            context,
            new AccountName(request.Id, request.Connector, request.Identifier, request.OrganizationId, request.UserId)
        );
        (await connections.DeleteAccountAsync(context.Principal(), account, context.CancellationToken)).OrThrow(
            context
        );
        return new DeleteConnectedAccountResponse();
    }

    public override async Task<DisconnectConnectedAccountResponse> DisconnectConnectedAccount(
        DisconnectConnectedAccountRequest request,
        ServerCallContext context
    )
    {
        Account account = await FindOrOwnAsync(context, request.Id);
        Account stopped = (
            await connections.DisconnectAsync(context.Principal(), account, context.CancellationToken)
        ).OrThrow(context);
        return new DisconnectConnectedAccountResponse { ConnectedAccount = AccountWire.ToWire(stopped) };
    }

    private static int SizeOf(uint asked, int otherwise) => asked == 0 ? otherwise : (int)asked;

    private static ConnectionName Require(ServerCallContext context, string connector) =>
        context.ReadConnection("connector", connector)
        ?? throw context.Refuse(Problem.Invalid("connector", "required", "names the connection and is required"));

    private static RpcException NoOverlap(ServerCallContext context) =>
        context.Refuse(Problem.Invalid("connector", "conflict", "is not among connection_names"));

    private static bool BringsCredential(AuthorizationDetails? details) =>
        details?.DetailsCase switch
        {
            null or AuthorizationDetails.DetailsOneofCase.None => false,
            AuthorizationDetails.DetailsOneofCase.OauthToken => details.OauthToken.AccessToken.Length > 0
                || details.OauthToken.RefreshToken.Length > 0,
            _ => true,
        };

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

    /// <summary>By id; without one, a user session's only account.</summary>
    private async Task<Account> FindOrOwnAsync(ServerCallContext context, string id)
    {
        if (id.Length > 0)
        {
            return await accounts.FindAsync(
                context,
                new AccountName(id, string.Empty, string.Empty, string.Empty, string.Empty)
            );
        }

        if (context.Principal().Kind != PrincipalKind.UserSession)
        {
            throw context.Refuse(Problem.Invalid("id", "required", "is required"));
        }

        ActingSubject subject = await subjects.ResolveAsync(context, string.Empty);
        IReadOnlyList<Account> own = await connections.AccountsOfAsync(subject, context.CancellationToken);
        return own switch
        {
            [var only] => only,
            [] => throw context.Refuse(AccountLookup.Unknown),
            _ => throw context.Refuse(
                Problem.Invalid("id", "required", "is required: the user has several connected accounts")
            ),
        };
    }

    private async Task<(ActingSubject Subject, ConnectionName Connection)> LinkTargetAsync(
        ServerCallContext context,
        AccountName name
    )
    {
        if (name.Id.Length == 0)
        {
            ActingSubject named = await subjects.ResolveAsync(context, name.Identifier, name.UserId);
            return (named, Require(context, name.Connector));
        }

        Account account = await accounts.FindAsync(context, name);
        return (await subjects.ResolveAsync(context, account.Identifier.Value), account.ConnectionName);
    }
}
