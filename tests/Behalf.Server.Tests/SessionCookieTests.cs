using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Cookies as a browser gets them.</summary>
public sealed class SessionCookieTests
{
    [Fact]
    public async Task Cookies_AreHostOnlyOverTls()
    {
        await using TestServer server = new()
        {
            Change = options => options with { Urls = ["http://127.0.0.1:0", "https://127.0.0.1:0"] },
        };
        await server.InitializeAsync();
        Reply added = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/people",
            server.OperatorToken,
            JsonSerializer.Serialize(new { name = "alice", password = PeopleStage.Password })
        );
        added.Status.Should().Be(200, added.Body);
        using Person alice = new("alice");

        Page page = await alice.SignInAsync(new Uri(server.Server.Urls[1]), "alice", PeopleStage.Password);

        page.Status.Should().Be(200, page.Body);
        string[] cookies = [.. alice.SetCookies.Where(cookie => cookie.Contains("session=", StringComparison.Ordinal))];
        string[] attributes = cookies.Should().ContainSingle().Which.ToLowerInvariant().Split("; ");
        attributes[0].Should().StartWith("__host-behalf-session=");
        attributes.Should().Contain(["secure", "httponly", "samesite=lax", "path=/"]);
        alice
            .SetCookies.Should()
            .OnlyContain(cookie =>
                cookie.Contains("httponly", StringComparison.OrdinalIgnoreCase)
                && cookie.Contains("secure", StringComparison.OrdinalIgnoreCase)
                && !cookie.Contains("domain=", StringComparison.OrdinalIgnoreCase)
            );
        alice.SetCookies.Should().HaveCountGreaterThan(1, "the form's cookie is among them");
    }
}
