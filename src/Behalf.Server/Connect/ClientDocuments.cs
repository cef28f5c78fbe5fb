using System.Text.Json.Nodes;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Identity;
using Behalf.Server.Doors;

namespace Behalf.Server.Connect;

/// <summary>
/// The documents that are our client ids (OAuth client-id metadata documents): whoever authorizes for a provider reads them
/// to know who asks. They name a redirect URI and nothing secret.
/// </summary>
internal static class ClientDocuments
{
    public static void MapClientDocuments(this IEndpointRouteBuilder app) =>
        app.MapGet("/connect/clients/{environment}/{connection}", ShowAsync).WithDisplayName("client document");

    [OpenToAll("Authorization servers read it, without a credential of ours.")]
    private static async Task<IResult> ShowAsync(
        string environment,
        string connection,
        IIdentity identity,
        IConnections connections,
        IConnectorCatalog catalog,
        PublicUrls urls,
        CancellationToken cancellationToken
    )
    {
        DeploymentEnvironment? owner = (await identity.ListEnvironmentsAsync(cancellationToken)).FirstOrDefault(one =>
            one.Slug == environment
        );
        if (owner is null || !EntityId.TryParse(connection, out ConnectionId id))
        {
            return Results.NotFound();
        }

        Result<ConnectionView> view = await connections.FindAsync(owner.Id, id, cancellationToken);
        string address = urls.ClientMetadata(owner, id).AbsoluteUri;
        if (!view.Succeeded || view.Value.Connection.ClientId != address)
        {
            return Results.NotFound();
        }

        ConnectorDefinition definition = await catalog.GetAsync(
            view.Value.Connection.ConnectorRevision,
            cancellationToken
        );
        JsonObject document = ClientDocument.Describe(
            view.Value.RedirectUri,
            ClientDocument.NameOf(definition.OAuth.ClientAuthentication)
        );
        document["client_id"] = address;
        return Results.Content(document.ToJsonString(), "application/json");
    }
}
