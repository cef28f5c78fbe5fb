using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Client.Tests;

/// <summary>Clients of a stage's server, by its credentials.</summary>
internal static class StageClients
{
    public static BehalfClient NewServiceClient(this Stage stage) =>
        NewClient(stage, stage.Server.ServiceClient.Id, stage.Server.ServiceClient.Secret);

    public static async Task<BehalfClient> NewOperatorAsync(this Stage stage)
    {
        var (id, secret) = await TestServer.ReadAsync(stage.Server.Server.OperatorFile);
        return NewClient(stage, id, secret);
    }

    private static BehalfClient NewClient(Stage stage, string id, string secret) =>
        new(
            new BehalfClientOptions
            {
                Server = new Uri(stage.Server.Server.Url),
                ClientId = id,
                ClientSecret = secret,
            }
        );
}
