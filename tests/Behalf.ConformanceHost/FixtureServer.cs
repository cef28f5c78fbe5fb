using System.Net.Http.Headers;
using System.Text.Json;
using Behalf.Server.Hosting;

namespace Behalf.ConformanceHost;

/// <summary>
/// An application of the server, through the API that every application has: it adds the connection, brings Alice's
/// credential, makes an MCP server of all fixtures and a token for her.
/// </summary>
internal sealed class FixtureServer(HttpClient api, string[] tools, string config, string url, string token)
{
    private const string Connection = "test";
    private const string Identifier = "alice";
    private const string Spare = "test_spare";

    private readonly SemaphoreSlim _one = new(1, 1);
    private bool _hasSpare = true;

    public string Url { get; } = url;

    public string Token { get; } = token;

    public static async Task<FixtureServer> SetUpAsync(RunningServer server, FixtureProvider provider)
    {
        HttpClient api = new() { BaseAddress = new Uri(server.Url) };
        JsonElement credentials = JsonDocument.Parse(await File.ReadAllTextAsync(server.CredentialsFile)).RootElement;
        using HttpResponseMessage signedIn = await api.PostAsync(
            new Uri("/oauth/token", UriKind.Relative),
            new FormUrlEncodedContent(
                new Dictionary<string, string>
                {
                    ["grant_type"] = "client_credentials",
                    ["client_id"] = credentials.GetProperty("client_id").GetString()!,
                    ["client_secret"] = credentials.GetProperty("client_secret").GetString()!,
                }
            )
        );
        JsonElement issued = await ReadAsync(signedIn);
        api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            issued.GetProperty("access_token").GetString()
        );
        await SendAsync(
            api,
            HttpMethod.Post,
            "behalf/connections",
            new
            {
                connector = Connection,
                name = Connection,
                base_url = provider.Origin,
            }
        );
        await SendAsync(
            api,
            HttpMethod.Post,
            "connected_accounts",
            new
            {
                connector = Connection,
                identifier = Identifier,
                connected_account = new
                {
                    authorization_details = new { static_auth = new { details = new { token = provider.Token } } },
                },
            }
        );
        string[] tools = [.. provider.Tools.Select(tool => $"{Connection}_{tool}")];
        JsonElement created = await SendAsync(
            api,
            HttpMethod.Post,
            "mcp/configs",
            new { name = "conformance", connection_tool_mappings = Mappings(tools) }
        );
        JsonElement config = created.GetProperty("config");
        string id = config.GetProperty("id").GetString()!;
        JsonElement session = await SendAsync(
            api,
            HttpMethod.Post,
            $"mcp/configs/{id}/tokens",
            new { identifier = Identifier }
        );
        return new FixtureServer(
            api,
            tools,
            id,
            config.GetProperty("mcp_server_url").GetString()!,
            session.GetProperty("token").GetString()!
        );
    }

    /// <summary>One tool comes or goes: a change of policy, as an application makes it.</summary>
    public async Task ChangeToolsAsync()
    {
        await _one.WaitAsync();
        try
        {
            _hasSpare = !_hasSpare;
            string[] offered = _hasSpare ? tools : [.. tools.Where(tool => tool != Spare)];
            await SendAsync(
                api,
                HttpMethod.Put,
                $"mcp/configs/{config}",
                new { description = "fixtures", connection_tool_mappings = Mappings(offered) }
            );
        }
        finally
        {
            _one.Release();
        }
    }

    private static object[] Mappings(string[] tools) => [new { connection_name = Connection, tools }];

    private static async Task<JsonElement> SendAsync(HttpClient api, HttpMethod method, string path, object body)
    {
        using HttpRequestMessage request = new(method, new Uri($"/api/v1/{path}", UriKind.Relative))
        {
            Content = JsonContent.Create(body),
        };
        using HttpResponseMessage response = await api.SendAsync(request);
        return await ReadAsync(response);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        string text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonDocument.Parse(text).RootElement
            : throw new InvalidOperationException($"{response.RequestMessage?.RequestUri}: {text}");
    }
}
