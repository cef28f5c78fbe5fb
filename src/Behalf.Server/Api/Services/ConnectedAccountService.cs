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
    AccountListing listing,
    AccountWriting writing,
    OwnAccounts own,
    IIdentity identity,
    PublicUrls urls
) : Wire.ConnectedAccounts.ConnectedAccountService.ConnectedAccountServiceBase
{
    public override Task<ListConnectedAccountsResponse> ListConnectedAccounts(
        ListConnectedAccountsRequest request,
        ServerCallContext context
    ) => listing.ListAsync(request, context);

    public override Task<SearchConnectedAccountsResponse> SearchConnectedAccounts(
        SearchConnectedAccountsRequest request,
        ServerCallContext context
    ) => listing.SearchAsync(request, context);

    public override Task<CreateConnectedAccountResponse> CreateConnectedAccount(
        CreateConnectedAccountRequest request,
        ServerCallContext context
    ) => writing.CreateAsync(request, context);

    public override Task<UpdateConnectedAccountResponse> UpdateConnectedAccount(
        UpdateConnectedAccountRequest request,
        ServerCallContext context
    ) => writing.UpdateAsync(request, context);

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
            return (named, context.RequireConnection("connector", name.Connector));
        }

        Account account = await accounts.FindAsync(context, name);
        return (await subjects.ResolveAsync(context, account.Identifier.Value), account.ConnectionName);
    }
}
