using System.Text.Json;
using Behalf.ConformanceHost;
using Behalf.Server.Hosting;

// A Behalf server with the connector that the official conformance suite calls, and the provider behind that connector.
// `Behalf.ConformanceHost DATA READY`: writes URL and token of Alice's MCP server to the file READY, and ends with SIGTERM.
if (args is not [var data, var ready])
{
    await Console.Error.WriteLineAsync("usage: Behalf.ConformanceHost DATA-FOLDER READY-FILE");
    return 2;
}

await using FixtureProvider provider = await FixtureProvider.StartAsync();
await using RunningServer server = ServerApp.Build(
    new ServerOptions
    {
        DataFolder = data,
        Urls = ["http://127.0.0.1:0"],
        ConnectorsFolder = Path.Combine(AppContext.BaseDirectory, "connectors"),
        AllowedPrivateOrigins = [provider.Origin],
        ConfigureServices = services => services.AddConformance(),
    }
);
await server.StartAsync(CancellationToken.None);
FixtureServer fixtures = await FixtureServer.SetUpAsync(server, provider);
provider.Changing = fixtures.ChangeToolsAsync;
string written = ready + ".new";
await File.WriteAllTextAsync(written, JsonSerializer.Serialize(new { url = fixtures.Url, token = fixtures.Token }));
File.Move(written, ready, overwrite: true);
await server.WaitForShutdownAsync(CancellationToken.None);
return 0;
