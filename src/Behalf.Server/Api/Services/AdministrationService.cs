using System.Collections.Frozen;
using Behalf.Audit;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Wire.Administration;
using Grpc.Core;
using AuditRecord = Behalf.Audit.AuditRecord;
using Environment = Behalf.Wire.Administration.Environment;

namespace Behalf.Server.Api.Services;

/// <summary><c>behalf.v1.Administration</c>. Environments and clients need the operator; no method acts for a user.</summary>
[Accepts(PrincipalKind.ServiceClient, PrincipalKind.Operator)]
internal sealed class AdministrationService(
    IIdentity identity,
    IConnections connections,
    IConnectorCatalog connectors,
    IAudit audit,
    AdministeredEnvironment environments,
    PageTokens pages,
    TimeProvider time
) : Administration.AdministrationBase
{
    private const int DefaultPageSize = 100;

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
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return AdministrationWire.ToWire(changed);
    }

    public override async Task<ConnectionDetails> AddConnection(AddConnectionRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        using Secret? secret = request.ClientSecret.Length == 0 ? null : Secret.FromText(request.ClientSecret);
        ConnectionView view = (
            await connections.AddAsync(
                context.Principal(),
                environment.Id,
                new NewConnection
                {
                    Connector = request.Connector,
                    Name = context.ReadConnection("name", request.Name),
                    ClientId = NullIfEmpty(request.ClientId),
                    ClientSecret = secret,
                    Scopes = request.Scopes.Count == 0 ? null : ScopeSet.Of(request.Scopes),
                    BaseUrl = ReadUrl(context, "base_url", request.BaseUrl),
                    OAuthUrl = ReadUrl(context, "oauth_url", request.OauthUrl),
                    ToolPrefix = NullIfEmpty(request.ToolPrefix),
                    AllowedTools = request.AllowedTools.Count == 0 ? null : [.. request.AllowedTools],
                    Proxy = ProxyModeNames.Read(request.Proxy),
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return AdministrationWire.ToWire(view);
    }

    public override async Task<ListConnectionsResponse> ListConnections(
        ListConnectionsRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        Page<ConnectionView> page = await connections.ListAsync(
            context.Principal(),
            environment.Id,
            pages.Read(context, request, request.PageToken, SizeOf(request.PageSize)),
            context.CancellationToken
        );
        ListConnectionsResponse response = new()
        {
            TotalSize = (uint)page.TotalSize,
            NextPageToken = pages.After(context, request, page.Next),
        };
        response.Connections.AddRange(page.Items.Select(AdministrationWire.ToWire));
        return response;
    }

    public override async Task<ConnectionDetails> GetConnection(GetConnectionRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        ConnectionView view = (
            await connections.FindAsync(
                context.Principal(),
                environment.Id,
                RequireConnection(context, request.Name),
                context.CancellationToken
            )
        ).OrThrow(context);
        return AdministrationWire.ToWire(view);
    }

    public override async Task<ConnectionDetails> UpdateConnection(
        UpdateConnectionRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        ConnectionView view = (
            await connections.FindAsync(
                context.Principal(),
                environment.Id,
                RequireConnection(context, request.Name),
                context.CancellationToken
            )
        ).OrThrow(context);
        using Secret? secret = request.HasClientSecret ? Secret.FromText(request.ClientSecret) : null;
        ConnectionView changed = (
            await connections.ChangeAsync(
                context.Principal(),
                environment.Id,
                view.Connection.Id,
                new ConnectionChange
                {
                    Name = context.ReadConnection("new_name", request.NewName),
                    ClientId = request.HasClientId ? request.ClientId : null,
                    ClientSecret = secret,
                    Scopes = request.Scopes.Count == 0 ? null : ScopeSet.Of(request.Scopes),
                    BaseUrl = ReadUrl(context, "base_url", request.BaseUrl),
                    OAuthUrl = ReadUrl(context, "oauth_url", request.OauthUrl),
                    AllowedTools =
                        request.AllowedTools.Count > 0 ? [.. request.AllowedTools]
                        : request.AllTools ? []
                        : null,
                    Enabled = request.HasEnabled ? request.Enabled : null,
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return AdministrationWire.ToWire(changed);
    }

    public override async Task<ConnectionDetails> SetConnectionProxy(
        SetConnectionProxyRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        ConnectionView view = (
            await connections.SetProxyAsync(
                context.Principal(),
                environment.Id,
                RequireConnection(context, request.Name),
                ProxyModeNames.Read(request.Proxy),
                context.CancellationToken
            )
        ).OrThrow(context);
        return AdministrationWire.ToWire(view);
    }

    public override async Task<RemoveConnectionResponse> RemoveConnection(
        RemoveConnectionRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        (
            await connections.RemoveAsync(
                context.Principal(),
                environment.Id,
                RequireConnection(context, request.Name),
                request.Force,
                context.CancellationToken
            )
        ).OrThrow(context);
        return new RemoveConnectionResponse();
    }

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

    [Accepts(PrincipalKind.Operator)]
    public override async Task<ClientWithSecret> AddClient(AddClientRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        CredentialLimits limits = new(SetOrNull(request.Connections), SetOrNull(request.Tools));
        NewApiClient added = (
            await identity.AddClientAsync(
                context.Principal(),
                environment.Id,
                request.Name,
                limits,
                context.CancellationToken
            )
        ).OrThrow(context);
        return Show(context, added);
    }

    [Accepts(PrincipalKind.Operator)]
    public override async Task<ListClientsResponse> ListClients(ListClientsRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        ListClientsResponse response = new();
        response.Clients.AddRange(
            (await identity.ListClientsAsync(environment.Id, context.CancellationToken)).Select(client =>
                AdministrationWire.ToWire(client, time.GetUtcNow())
            )
        );
        return response;
    }

    [Accepts(PrincipalKind.Operator)]
    public override async Task<ClientWithSecret> RotateClient(RotateClientRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        NewApiClient rotated = (
            await identity.RotateClientAsync(
                context.Principal(),
                environment.Id,
                request.ClientId,
                context.CancellationToken
            )
        ).OrThrow(context);
        return Show(context, rotated);
    }

    [Accepts(PrincipalKind.Operator)]
    public override async Task<RemoveClientResponse> RemoveClient(
        RemoveClientRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        (
            await identity.RemoveClientAsync(
                context.Principal(),
                environment.Id,
                request.ClientId,
                context.CancellationToken
            )
        ).OrThrow(context);
        return new RemoveClientResponse();
    }

    public override async Task<RevokeUserResponse> RevokeUser(RevokeUserRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        IReadOnlyList<ConnectedAccount> stopped = (
            await connections.RevokeUserAsync(
                context.Principal(),
                environment.Id,
                Identifier.Parse(request.Identifier),
                context.CancellationToken
            )
        ).OrThrow(context);
        RevokeUserResponse response = new();
        response.Accounts.AddRange(
            stopped.Select(account => new RevokedAccount
            {
                Id = account.Id.ToString(),
                Connection = account.ConnectionName.Value,
            })
        );
        return response;
    }

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

    public override async Task<ListAuditResponse> ListAudit(ListAuditRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        AuditFilter filter = new(
            environment.Id,
            NullIfEmpty(request.Identifier),
            request.ExecutionId.Length == 0 ? null
                : EntityId.TryParse(request.ExecutionId, out ExecutionId execution) ? execution
                : throw context.Refuse(Problem.NotFound("execution")),
            request.Kind.Length == 0 ? null : Enum.Parse<AuditKind>(request.Kind, ignoreCase: true),
            NullIfEmpty(request.AgentRunId)
        );
        PageRequest wanted = pages.Read(context, request, request.PageToken, SizeOf(request.PageSize));
        if (request.Newest && wanted is { After: null, Before: null })
        {
            wanted = wanted with { Before = Guid.AllBitsSet };
        }

        await RecordReadingAsync(context, environment.Id, "audit.read");
        Page<AuditRecord> page = await audit.ListAsync(filter, wanted, context.CancellationToken);
        ListAuditResponse response = new()
        {
            TotalSize = (uint)page.TotalSize,
            NextPageToken = pages.After(context, request, page.Next),
            PrevPageToken = pages.Before(context, request, page.Previous),
        };
        response.Records.AddRange(page.Items.Select(AdministrationWire.ToWire));
        return response;
    }

    public override async Task<VerifyAuditResponse> VerifyAudit(VerifyAuditRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        await RecordReadingAsync(context, environment.Id, "audit.verified");
        AuditVerification verification = await audit.VerifyAsync(environment.Id, context.CancellationToken);
        VerifyAuditResponse response = new()
        {
            Whole = verification.IsWhole,
            Records = (ulong)verification.Records,
            Lanes = (uint)verification.Lanes,
            Checkpoints = (uint)verification.Checkpoints,
        };
        response.Faults.AddRange(
            verification.Faults.Select(fault => new Wire.Administration.AuditFault
            {
                Lane = fault.Lane,
                Sequence = (ulong)fault.Sequence,
                Description = fault.Description,
            })
        );
        return response;
    }

    private static int SizeOf(uint asked) => asked == 0 ? DefaultPageSize : (int)asked;

    /// <summary>One of the words the request's rules allow.</summary>
    private static T ReadWord<T>(string word)
        where T : struct, Enum => Enum.Parse<T>(word, ignoreCase: true);

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static FrozenSet<string>? SetOrNull(IReadOnlyCollection<string> names) =>
        names.Count == 0 ? null : names.ToFrozenSet(StringComparer.Ordinal);

    private static ConnectionName RequireConnection(ServerCallContext context, string name) =>
        context.ReadConnection("name", name)
        ?? throw context.Refuse(Problem.Invalid("name", "required", "is required"));

    private static Uri? ReadUrl(ServerCallContext context, string field, string text) =>
        text.Length == 0 ? null
        : Uri.TryCreate(text, UriKind.Absolute, out Uri? url) ? url
        : throw context.Refuse(Problem.Invalid(field, "url", "is not an absolute URL"));

    private ClientWithSecret Show(ServerCallContext context, NewApiClient client)
    {
        context.GetHttpContext().Response.Headers.CacheControl = "no-store";
        using Secret secret = client.ClientSecret;
        return new ClientWithSecret
        {
            Client = AdministrationWire.ToWire(client.Client, time.GetUtcNow()),
            ClientSecret = secret.RevealText(),
        };
    }

    /// <summary>Reading the trail is permissioned and itself recorded.</summary>
    private async Task RecordReadingAsync(ServerCallContext context, EnvironmentId environment, string action) =>
        (
            await audit.RecordAsync(
                new AuditDraft
                {
                    Environment = environment,
                    Kind = AuditKind.Admin,
                    Action = action,
                    Principal = context.Principal().ClientId,
                    ActingThrough = context.ActingThrough(),
                    Outcome = CallOutcomes.Success,
                },
                context.CancellationToken
            )
        ).OrThrow(context);
}
