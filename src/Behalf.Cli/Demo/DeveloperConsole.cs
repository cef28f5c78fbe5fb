using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Behalf.Client;

namespace Behalf.Cli.Demo;

/// <summary>
/// What an operator does once: an app in the practice provider's developer console, a connection with its credentials,
/// and the connection's redirect URI and scopes registered at the app.
/// </summary>
internal static class DeveloperConsole
{
    private const string ConnectorSlug = "asana";
    private const string Everything = "default";

    /// <param name="sandbox">With the practice provider's origin as its base address.</param>
    /// <param name="moreScopes">Beside the connector's default scopes; <c>default</c>, which is everything, stands alone.</param>
    /// <exception cref="DemoFailedException">The practice provider refused.</exception>
    public static async Task<ConnectionDetails> ConnectAsync(
        BehalfClient behalf,
        HttpClient sandbox,
        string application,
        CancellationToken cancellationToken,
        params IReadOnlyList<string> moreScopes
    )
    {
        string origin = sandbox.BaseAddress!.GetLeftPart(UriPartial.Authority);
        JsonNode app = await SendAsync(
            sandbox,
            HttpMethod.Post,
            "/_sandbox/apps",
            new JsonObject { ["name"] = application, ["redirect_uris"] = new JsonArray() },
            cancellationToken
        );
        IReadOnlyList<string> scopes = [];
        if (moreScopes.Count > 0)
        {
            ConnectorDetails connector = await behalf.Connectors.GetAsync(ConnectorSlug, cancellationToken);
            scopes = moreScopes.Contains(Everything) ? [Everything] : [.. connector.DefaultScopes, .. moreScopes];
        }

        ConnectionDetails connection = await behalf.Connections.AddAsync(
            new NewConnection
            {
                Connector = ConnectorSlug,
                Scopes = scopes,
                ClientId = (string)app["client_id"]!,
                ClientSecret = new SecretText((string)app["client_secret"]!),
                BaseUrl = origin,
                OAuthUrl = origin,
            },
            cancellationToken
        );
        await SendAsync(
            sandbox,
            HttpMethod.Put,
            $"/_sandbox/apps/{connection.ClientId}",
            new JsonObject
            {
                ["redirect_uris"] = new JsonArray(connection.RedirectUri),
                ["scopes"] = string.Join(' ', connection.Scopes),
            },
            cancellationToken
        );
        return connection;
    }

    private static async Task<JsonNode> SendAsync(
        HttpClient sandbox,
        HttpMethod method,
        string path,
        JsonObject body,
        CancellationToken cancellationToken
    )
    {
        using HttpRequestMessage request = new(method, path) { Content = JsonContent.Create(body) };
        using HttpResponseMessage response = await sandbox.SendAsync(request, cancellationToken);
        string text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(text)!
            : throw new DemoFailedException($"The sandbox refused {path}: {text}");
    }
}
