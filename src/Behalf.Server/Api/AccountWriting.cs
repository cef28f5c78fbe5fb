using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Wire.ConnectedAccounts;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Account = Behalf.Connections.ConnectedAccount;

namespace Behalf.Server.Api;

/// <summary>Creates and updates connected accounts, with or without a credential that comes along.</summary>
internal sealed class AccountWriting(
    IConnections connections,
    IAuthorization authorization,
    RequestSubjects subjects,
    AccountLookup accounts
)
{
    public async Task<CreateConnectedAccountResponse> CreateAsync(
        CreateConnectedAccountRequest request,
        ServerCallContext context
    )
    {
        ConnectionName connection = context.RequireConnection("connector", request.Connector);
        ActingSubject subject = await subjects.ResolveAsync(context, request.Identifier, request.UserId);
        AccountLabels labels = AccountLookup.LabelsOf(
            context,
            AccountName.Labelled(request.OrganizationId, request.UserId)
        ) with
        {
            ApiConfig = ReadConfig(context, request.ConnectedAccount.ApiConfig),
        };
        using ImportRequest? import = AccountCredentials.Read(
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
    public async Task<UpdateConnectedAccountResponse> UpdateAsync(
        UpdateConnectedAccountRequest request,
        ServerCallContext context
    )
    {
        Account account = await accounts.FindAsync(
            context,
            new AccountName(request.Id, request.Connector, request.Identifier, request.OrganizationId, request.UserId)
        );
        string? config = ReadConfig(context, request.ConnectedAccount.ApiConfig);
        using ImportRequest? import = AccountCredentials.Read(
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

    private static string? ReadConfig(ServerCallContext context, Struct? config) =>
        config is null
            ? null
            : StructJson.ToElement(config, "connected_account.api_config").OrThrow(context).GetRawText();
}
