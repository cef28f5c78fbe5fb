using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.ConformanceHost;

/// <summary>The suite's resources. Subscriptions are taken and nothing ever changes.</summary>
internal static class FixtureResources
{
    private const string Before = "test://template/";
    private const string After = "/data";

    private static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(1);

    private static readonly byte[] Image = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    );

    public static void AddTo(McpServerOptions server)
    {
        server.Handlers.ListResourcesHandler = (_, _) =>
            ValueTask.FromResult(
                new ListResourcesResult
                {
                    Resources =
                    [
                        Resource("test://static-text", "Text", "text/plain"),
                        Resource("test://static-binary", "Image", "image/png"),
                        Resource("test://watched-resource", "Watched", "text/plain"),
                    ],
                    CacheScope = CacheScope.Public,
                    TimeToLive = TimeToLive,
                }
            );
        server.Handlers.ListResourceTemplatesHandler = (_, _) =>
            ValueTask.FromResult(
                new ListResourceTemplatesResult
                {
                    ResourceTemplates =
                    [
                        new ResourceTemplate
                        {
                            UriTemplate = $"{Before}{{id}}{After}",
                            Name = "Data",
                            Description = "Data of an id",
                            MimeType = "application/json",
                        },
                    ],
                    CacheScope = CacheScope.Public,
                    TimeToLive = TimeToLive,
                }
            );
        server.Handlers.ReadResourceHandler = (request, _) =>
            ValueTask.FromResult(
                new ReadResourceResult
                {
                    Contents = [Read(request.Params.Uri)],
                    CacheScope = CacheScope.Public,
                    TimeToLive = TimeToLive,
                }
            );
        server.Handlers.SubscribeToResourcesHandler = (_, _) => ValueTask.FromResult(new EmptyResult());
        server.Handlers.UnsubscribeFromResourcesHandler = (_, _) => ValueTask.FromResult(new EmptyResult());
    }

    private static ResourceContents Read(string uri) =>
        uri switch
        {
            "test://static-text" => Text(uri, "text/plain", "What is in the resource."),
            "test://watched-resource" => Text(uri, "text/plain", "Nothing has changed."),
            "test://static-binary" => BlobResourceContents.FromBytes(Image, uri, "image/png"),
            _ when IdOf(uri) is { Length: > 0 } id => Text(
                uri,
                "application/json",
                JsonSerializer.Serialize(new { id, data = $"Data of {id}" })
            ),
            _ => throw new McpProtocolException($"There is no resource {uri}.", McpErrorCode.InvalidParams)
            {
                Data = { ["uri"] = uri },
            },
        };

    private static string? IdOf(string uri) =>
        uri.StartsWith(Before, StringComparison.Ordinal) && uri.EndsWith(After, StringComparison.Ordinal)
            ? uri[Before.Length..^After.Length]
            : null;

    private static Resource Resource(string uri, string name, string type) =>
        new()
        {
            Uri = uri,
            Name = name,
            MimeType = type,
        };

    private static TextResourceContents Text(string uri, string type, string text) =>
        new()
        {
            Uri = uri,
            MimeType = type,
            Text = text,
        };
}
