using System.Collections.Frozen;
using Behalf.Identity;
using Behalf.Wire.Administration;
using Grpc.Core;

namespace Behalf.Server.Api;

/// <summary>The API clients of an environment; a secret is shown once.</summary>
internal sealed class AdministeredClients(IIdentity identity, AdministeredEnvironment environments, TimeProvider time)
{
    public async Task<ClientWithSecret> AddAsync(AddClientRequest request, ServerCallContext context)
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

    public async Task<ListClientsResponse> ListAsync(ListClientsRequest request, ServerCallContext context)
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

    public async Task<Client> UpdateAsync(UpdateClientRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        ApiClient changed = (
            await identity.ChangeClientAsync(
                context.Principal(),
                environment.Id,
                request.ClientId,
                new ApiClientChange
                {
                    Name = request.HasName ? request.Name : null,
                    Connections = ReadLimit(request.Connections, request.AllConnections),
                    Tools = ReadLimit(request.Tools, request.AllTools),
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return AdministrationWire.ToWire(changed, time.GetUtcNow());
    }

    public async Task<ClientWithSecret> RotateAsync(RotateClientRequest request, ServerCallContext context)
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

    public async Task<RemoveClientResponse> RemoveAsync(RemoveClientRequest request, ServerCallContext context)
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

    private static FrozenSet<string>? SetOrNull(IReadOnlyCollection<string> names) =>
        names.Count == 0 ? null : names.ToFrozenSet(StringComparer.Ordinal);

    /// <returns>Null: as it is. Empty: none any more.</returns>
    private static FrozenSet<string>? ReadLimit(IReadOnlyCollection<string> names, bool endsIt) =>
        SetOrNull(names) ?? (endsIt ? FrozenSet<string>.Empty : null);

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
}
