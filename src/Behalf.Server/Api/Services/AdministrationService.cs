using Behalf.Connectors;
using Behalf.Connectors.Custom;
using Behalf.Identity;
using Behalf.Remote;
using Behalf.Server.Doors;
using Behalf.Wire.Administration;
using Grpc.Core;
using Environment = Behalf.Wire.Administration.Environment;

namespace Behalf.Server.Api.Services;

/// <summary><c>behalf.v1.Administration</c>. Environments and clients need the operator; no method acts for a user.</summary>
[Accepts(PrincipalKind.ServiceClient, PrincipalKind.Operator)]
internal sealed class AdministrationService(
    IIdentity identity,
    IConnectorCatalog connectors,
    ICustomConnectors customConnectors,
    IRemoteServers remoteServers,
    AdministeredEnvironment environments,
    AdministeredConnections administered,
    AdministeredClients clients,
    AdministeredRevocations revocations,
    AdministeredTrail trail
) : Administration.AdministrationBase
{
    [Accepts(PrincipalKind.Operator)]
    public override async Task<Environment> AddEnvironment(AddEnvironmentRequest request, ServerCallContext context)
    {
        VerifyMode mode =
            request.VerifyMode.Length == 0 ? VerifyMode.Application : ReadWord<VerifyMode>(request.VerifyMode);
        DeploymentEnvironment added = (
            await identity.AddEnvironmentAsync(
                context.Principal(),
                new NewEnvironment(
                    request.Slug,
                    request.Name,
                    mode,
                    NullIfEmpty(request.PublicUrl),
                    NullIfEmpty(request.DefaultVerifyUrl)
                ),
                context.CancellationToken
            )
        ).OrThrow(context);
        return AdministrationWire.ToWire(added);
    }

    [Accepts(PrincipalKind.Operator)]
    public override async Task<ListEnvironmentsResponse> ListEnvironments(
        ListEnvironmentsRequest request,
        ServerCallContext context
    )
    {
        ListEnvironmentsResponse response = new();
        response.Environments.AddRange(
            (await identity.ListEnvironmentsAsync(context.CancellationToken)).Select(AdministrationWire.ToWire)
        );
        return response;
    }

    [Accepts(PrincipalKind.Operator)]
    public override async Task<Environment> UpdateEnvironment(
        UpdateEnvironmentRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Slug);
        DeploymentEnvironment changed = (
            await identity.ChangeEnvironmentAsync(
                context.Principal(),
                environment.Id,
                new EnvironmentChange
                {
                    VerifyMode = request.HasVerifyMode ? ReadWord<VerifyMode>(request.VerifyMode) : null,
                    DefaultVerifyUrl = request.HasDefaultVerifyUrl ? request.DefaultVerifyUrl : null,
                    ReadBack = request.HasReadBack ? request.ReadBack : null,
                    DetailedErrorLogging = request.HasDetailedErrorLogging ? request.DetailedErrorLogging : null,
                    ToolNaming = request.HasToolNaming ? ReadWord<ToolNaming>(request.ToolNaming) : null,
                    AuditRetentionDays = request.HasAuditRetentionDays ? (int)request.AuditRetentionDays : null,
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return AdministrationWire.ToWire(changed);
    }

    public override Task<ConnectionDetails> AddConnection(AddConnectionRequest request, ServerCallContext context) =>
        administered.AddAsync(request, context);

    public override Task<ListConnectionsResponse> ListConnections(
        ListConnectionsRequest request,
        ServerCallContext context
    ) => administered.ListAsync(request, context);

    public override Task<ConnectionDetails> GetConnection(GetConnectionRequest request, ServerCallContext context) =>
        administered.GetAsync(request, context);

    public override Task<ConnectionDetails> UpdateConnection(
        UpdateConnectionRequest request,
        ServerCallContext context
    ) => administered.UpdateAsync(request, context);

    public override Task<RemoveConnectionResponse> RemoveConnection(
        RemoveConnectionRequest request,
        ServerCallContext context
    ) => administered.RemoveAsync(request, context);

    public override async Task<ListConnectorsResponse> ListConnectors(
        ListConnectorsRequest request,
        ServerCallContext context
    )
    {
        ListConnectorsResponse response = new();
        response.Connectors.AddRange(
            (await connectors.ListAsync(context.Principal().Environment, context.CancellationToken)).Select(
                AdministrationWire.ToWire
            )
        );
        return response;
    }

    public override async Task<ConnectorDetails> GetConnector(GetConnectorRequest request, ServerCallContext context) =>
        await connectors.FindLatestAsync(context.Principal().Environment, request.Slug, context.CancellationToken)
            is { } connector
            ? AdministrationWire.ToWire(connector)
            : throw context.Refuse(Problem.NotFound("connector"));

    [Accepts(PrincipalKind.ServiceClient)]
    public override async Task<ConnectorDetails> PutConnector(PutConnectorRequest request, ServerCallContext context) =>
        AdministrationWire.ToWire(
            (await customConnectors.PutAsync(context.Principal(), request.Document, context.CancellationToken)).OrThrow(
                context
            )
        );

    [Accepts(PrincipalKind.ServiceClient)]
    public override async Task<ConnectorDetails> AddRemoteServer(
        AddRemoteServerRequest request,
        ServerCallContext context
    ) =>
        Uri.TryCreate(request.Url, UriKind.Absolute, out Uri? url)
            ? AdministrationWire.ToWire(
                (
                    await remoteServers.AddAsync(
                        context.Principal(),
                        new NewRemoteServer(url, NullIfEmpty(request.Slug), NullIfEmpty(request.Name)),
                        context.CancellationToken
                    )
                ).OrThrow(context)
            )
            : throw context.Refuse(Problem.Invalid("url", "url", "is not an absolute URL"));

    [Accepts(PrincipalKind.Operator)]
    public override Task<ClientWithSecret> AddClient(AddClientRequest request, ServerCallContext context) =>
        clients.AddAsync(request, context);

    [Accepts(PrincipalKind.Operator)]
    public override Task<ListClientsResponse> ListClients(ListClientsRequest request, ServerCallContext context) =>
        clients.ListAsync(request, context);

    [Accepts(PrincipalKind.Operator)]
    public override Task<Client> UpdateClient(UpdateClientRequest request, ServerCallContext context) =>
        clients.UpdateAsync(request, context);

    [Accepts(PrincipalKind.Operator)]
    public override Task<ClientWithSecret> RotateClient(RotateClientRequest request, ServerCallContext context) =>
        clients.RotateAsync(request, context);

    [Accepts(PrincipalKind.Operator)]
    public override Task<RemoveClientResponse> RemoveClient(RemoveClientRequest request, ServerCallContext context) =>
        clients.RemoveAsync(request, context);

    public override Task<RevokeUserResponse> RevokeUser(RevokeUserRequest request, ServerCallContext context) =>
        revocations.RevokeUserAsync(request, context);

    public override Task<RemoveUserResponse> RemoveUser(RemoveUserRequest request, ServerCallContext context) =>
        revocations.RemoveUserAsync(request, context);

    public override Task<RevokeAccountsResponse> RevokeAccounts(
        RevokeAccountsRequest request,
        ServerCallContext context
    ) => revocations.RevokeAccountsAsync(request, context);

    public override Task<ListRevocationsResponse> ListRevocations(
        ListRevocationsRequest request,
        ServerCallContext context
    ) => revocations.ListAsync(request, context);

    public override async Task<SignOutUserResponse> SignOutUser(SignOutUserRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        (
            await identity.SignOutAsync(
                context.Principal(),
                environment.Id,
                Identifier.Parse(request.Identifier),
                context.CancellationToken
            )
        ).OrThrow(context);
        return new SignOutUserResponse();
    }

    public override Task<ListAuditResponse> ListAudit(ListAuditRequest request, ServerCallContext context) =>
        trail.ListAsync(request, context);

    [Accepts(PrincipalKind.Operator)]
    public override Task<RedactAuditResponse> RedactAudit(RedactAuditRequest request, ServerCallContext context) =>
        trail.RedactAsync(request, context);

    public override Task<VerifyAuditResponse> VerifyAudit(VerifyAuditRequest request, ServerCallContext context) =>
        trail.VerifyAsync(request, context);

    /// <summary>One of the words the request's rules allow.</summary>
    private static T ReadWord<T>(string word)
        where T : struct, Enum => Enum.Parse<T>(word, ignoreCase: true);

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
