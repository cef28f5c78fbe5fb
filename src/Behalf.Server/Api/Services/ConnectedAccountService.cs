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
    AccountCredentials credentials,
    OwnAccounts own,
    IIdentity identity,
    PublicUrls urls,
    PageTokens pages
) : Wire.ConnectedAccounts.ConnectedAccountService.ConnectedAccountServiceBase
{
    private const int DefaultPageSize = 50;
    private const int SearchPageSize = 30;

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

    public override async Task<CreateConnectedAccountResponse> CreateConnectedAccount(
        CreateConnectedAccountRequest request,
        ServerCallContext context
    )
    {
        ConnectionName connection = Require(context, request.Connector);
        ActingSubject subject = await subjects.ResolveAsync(context, request.Identifier, request.UserId);
        AccountLabels labels = AccountLookup.LabelsOf(
            context,
            AccountName.Labelled(request.OrganizationId, request.UserId)
        ) with
        {
            ApiConfig = ReadConfig(context, request.ConnectedAccount.ApiConfig),
        };
        using ImportRequest? import = await credentials.ReadAsync(
            context,
            connection,
            request.ConnectedAccount.AuthorizationDetails
        );
        Account account = (
            import is null
                ? await connections.CreateAccountAsync(subject, connection, labels, context.CancellationToken)
                : await authorization.ImportAsync(
                    subject,
                    import with
                    {
                        Creates = true,
                        Labels = labels,
                    },
                    context.CancellationToken
                )
        ).OrThrow(context);
        return new CreateConnectedAccountResponse { ConnectedAccount = AccountWire.ToWire(account) };
    }

    /// <summary>By id, or by connection and user. A credential that comes along replaces the one there is.</summary>
    public override async Task<UpdateConnectedAccountResponse> UpdateConnectedAccount(
        UpdateConnectedAccountRequest request,
        ServerCallContext context
    )
    {
        Account account = await accounts.FindAsync(
            context,
            new AccountName(request.Id, request.Connector, request.Identifier, request.OrganizationId, request.UserId)
        );
        string? config = ReadConfig(context, request.ConnectedAccount.ApiConfig);
        using ImportRequest? import = await credentials.ReadAsync(
            context,
            account.ConnectionName,
            request.ConnectedAccount.AuthorizationDetails
        );
        if (import is not null)
        {
            ActingSubject subject = await subjects.ResolveAsync(context, account.Identifier.Value);
            account = (await authorization.ImportAsync(subject, import, context.CancellationToken)).OrThrow(context);
        }

        if (config is not null)
        {
            account = (
                await connections.ChangeAccountAsync(context.Principal(), account.Id, config, context.CancellationToken)
            ).OrThrow(context);
        }

        return new UpdateConnectedAccountResponse { ConnectedAccount = AccountWire.ToWire(account) };
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

    /// <summary>The details; with tokens only for a service credential, where the operator turned reading back on.</summary>
    public override async Task<GetConnectedAccountByIdentifierResponse> GetConnectedAccountAuth(
        GetConnectedAccountByIdentifierRequest request,
        ServerCallContext context
    )
    {
        Account account = await accounts.FindAsync(
            context,
            new AccountName(request.Id, request.Connector, request.Identifier, request.OrganizationId, request.UserId)
        );
        using ReadBackTokens tokens = (
            await authorization.ReadBackAsync(
                context.Principal(),
                account,
                context.ActingThrough(),
                context.CancellationToken
            )
        ).OrThrow(context);
        context.GetHttpContext().Response.Headers.CacheControl = "no-store";
        AccountWire.AddReason(context, account);
        return new GetConnectedAccountByIdentifierResponse { ConnectedAccount = AccountWire.ToWire(account, tokens) };
    }

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
                    AllowOtherProviderUser = isService && AccountCredentials.AllowsOtherProviderUser(context),
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

    public override Task<ListMyAppConnectionsResponse> ListMyAppConnections(
        ListMyAppConnectionsRequest request,
        ServerCallContext context
    ) => own.ListAsync(context);

    public override Task<DisconnectConnectedAccountResponse> DisconnectMyConnectedAccount(
        DisconnectMyConnectedAccountRequest request,
        ServerCallContext context
    ) => own.DisconnectAsync(context, request.Id);

    public override Task<GetMyConnectionMagicLinkResponse> GetMyConnectionMagicLink(
        GetMyConnectionMagicLinkRequest request,
        ServerCallContext context
    ) => own.LinkAsync(context, request.ConnectionName);

    /// <summary>Where a browser is once its account is connected, when the application names no place of its own.</summary>
    public override async Task<GetRedirectUrlResponse> GetRedirectUrl(
        GetRedirectUrlRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment =
            await identity.FindEnvironmentAsync(context.Environment(), context.CancellationToken)
            ?? throw new InvalidOperationException("The environment of an authenticated caller is gone.");
        return new GetRedirectUrlResponse { RedirectUrl = urls.ConnectedPage(environment).ToString() };
    }

    private static string? ReadConfig(ServerCallContext context, Struct? config) =>
        config is null
            ? null
            : StructJson.ToElement(config, "connected_account.api_config").OrThrow(context).GetRawText();

    private static int SizeOf(uint asked, int otherwise) => asked == 0 ? otherwise : (int)asked;

    private static ConnectionName Require(ServerCallContext context, string connector) =>
        context.ReadConnection("connector", connector)
        ?? throw context.Refuse(Problem.Invalid("connector", "required", "names the connection and is required"));

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

    /// <summary>By id; without one, a user session's only account.</summary>
    private async Task<Account> FindOrOwnAsync(ServerCallContext context, string id)
    {
        if (id.Length > 0)
        {
            return await accounts.FindAsync(context, AccountName.Of(id));
        }

        if (context.Principal().Kind != PrincipalKind.UserSession)
        {
            throw context.Refuse(Problem.Invalid("id", "required", "is required"));
        }

        ActingSubject subject = await subjects.ResolveAsync(context, string.Empty);
        IReadOnlyList<Account> all = await connections.AccountsOfAsync(subject, context.CancellationToken);
        return all switch
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
