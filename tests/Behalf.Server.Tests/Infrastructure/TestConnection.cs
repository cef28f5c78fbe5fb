namespace Behalf.Server.Tests.Infrastructure;

/// <summary>A connection whose provider nobody calls. Its name is had only by making sure that it exists.</summary>
internal static class TestConnection
{
    public static async Task<string> EnsureAsync(TestServer server)
    {
        Reply added = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/connections",
            server.ServiceToken,
            """{"connector":"asana","client_id":"1208","client_secret":"not used","base_url":"http://127.0.0.1:9","oauth_url":"http://127.0.0.1:9"}"""
        );
        added.Status.Should().BeOneOf([200, 409], added.Body);
        return "asana";
    }
}
