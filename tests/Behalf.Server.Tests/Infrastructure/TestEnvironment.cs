using System.Text.Json;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>An environment of a test's own, with a service credential.</summary>
internal sealed record TestEnvironment(string Slug, string Id, string Token)
{
    private static int _count;

    public static async Task<TestEnvironment> AddAsync(
        TestServer server,
        object? settings = null,
        string publicUrl = ""
    )
    {
        string slug = $"own-{Interlocked.Increment(ref _count)}";
        Reply added = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/environments",
            server.OperatorToken,
            JsonSerializer.Serialize(new { slug, public_url = publicUrl })
        );
        added.Status.Should().Be(200, added.Body);
        TestEnvironment environment = new(
            slug,
            added.Json.GetProperty("id").GetString()!,
            await ClientTokenAsync(server, slug)
        );
        if (settings is not null)
        {
            Reply changed = await server.SendAsync(
                HttpMethod.Patch,
                $"/api/v1/behalf/environments/{slug}",
                server.OperatorToken,
                JsonSerializer.Serialize(settings)
            );
            changed.Status.Should().Be(200, changed.Body);
        }

        return environment;
    }

    public static async Task<string> ClientTokenAsync(
        TestServer server,
        string environment = "default",
        string[]? connections = null,
        string[]? tools = null
    )
    {
        Reply client = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/clients",
            server.OperatorToken,
            JsonSerializer.Serialize(
                new
                {
                    environment,
                    name = "Team agent",
                    connections = connections ?? [],
                    tools = tools ?? [],
                }
            )
        );
        client.Status.Should().Be(200, client.Body);
        return await server.TokenAsync(
            client.Json.GetProperty("client").GetProperty("client_id").GetString()!,
            client.Json.GetProperty("client_secret").GetString()!
        );
    }
}
