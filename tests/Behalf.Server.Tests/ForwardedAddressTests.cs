using System.Net;
using System.Net.Http.Headers;
using Behalf.Server.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Server.Tests;

/// <summary>What a request says of where it came from counts only from a listed proxy.</summary>
public sealed class ForwardedAddressTests
{
    private const int Allowed = 20; // registrations of one source in an hour
    private const string Proxy = "127.0.0.3";

    [Fact]
    public async Task Header_OfAPeerThatIsNotListed_IsNotRead()
    {
        await using TestServer server = Server(Proxy);
        await server.InitializeAsync();

        (int, string)[] answers = await RegisterAsync(server, null, Allowed + 1, n => $"203.0.113.{n}");

        answers[..Allowed].Should().OnlyContain(answer => answer.Item1 == 201);
        answers[Allowed].Item1.Should().Be(429, "it is one source, whatever it says");
    }

    [Fact]
    public async Task Header_IsNotRead_WhereNoProxyIsListed()
    {
        await using TestServer server = Server();
        await server.InitializeAsync();

        (int, string)[] answers = await RegisterAsync(server, Proxy, Allowed + 1, n => $"203.0.113.{n}");

        answers[Allowed].Item1.Should().Be(429);
    }

    [Theory]
    [InlineData(Proxy)]
    [InlineData("127.0.0.0/30")]
    public async Task Header_OfAListedProxy_NamesTheSource(string listed)
    {
        await using TestServer server = Server(listed);
        await server.InitializeAsync();

        (int, string)[] many = await RegisterAsync(server, Proxy, Allowed + 1, n => $"203.0.113.{n}");
        // A caller may send the header too: what the proxy added stands last, and that counts.
        (int, string)[] one = await RegisterAsync(server, Proxy, Allowed + 1, n => $"198.51.100.{n}, 203.0.113.200");

        many.Should().OnlyContain(answer => answer.Item1 == 201);
        one[Allowed].Item1.Should().Be(429);
        Reply trail = await server.SendAsync(
            HttpMethod.Get,
            "/api/v1/behalf/audit?kind=admin&page_size=1000",
            server.ServiceToken
        );
        trail.Body.Should().Contain("from 203.0.113.1\"").And.NotContain("198.51.100");
    }

    [Fact]
    public async Task OtherForwardedHeaders_CountFromNobody()
    {
        await using TestServer server = Server(Proxy);
        await server.InitializeAsync();
        using HttpClient http = new(Caller.From(IPAddress.Parse(Proxy))) { BaseAddress = server.Http.BaseAddress };
        using HttpRequestMessage request = new(
            HttpMethod.Get,
            new Uri("/.well-known/oauth-authorization-server/oauth", UriKind.Relative)
        );
        request.Headers.Add("X-Forwarded-For", "203.0.113.1");
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Prefix", "/evil");
        request.Headers.Add("Forwarded", "for=203.0.113.1;host=evil.example;proto=https");

        using HttpResponseMessage response = await http.SendAsync(request, TestContext.Current.CancellationToken);

        string body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        body.Should().Contain($"\"issuer\":\"{server.Server.Url}/oauth\"").And.NotContain("evil");
    }

    [Theory]
    [InlineData("proxy.example")]
    [InlineData("10.0.0.1/24")]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    [InlineData("127.1")]
    [InlineData("10.0.0.7:443")]
    [InlineData("")]
    public async Task SettingThatNamesNoProxy_StopsTheStart(string setting)
    {
        TestServer server = Server(setting);
        try
        {
            Func<Task> start = async () => await server.InitializeAsync();

            (await start.Should().ThrowAsync<Exception>()).WithMessage($"Behalf:TrustedProxies: \"{setting}\"*");
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private static TestServer Server(params string[] proxies) =>
        new()
        {
            Change = options =>
                options with
                {
                    ConfigureServices = services =>
                        services.Configure<BehalfOptions>(target =>
                        {
                            foreach (string proxy in proxies)
                            {
                                target.TrustedProxies.Add(proxy);
                            }
                        }),
                },
        };

    /// <param name="forwarded">The header, by number of the request from 1.</param>
    private static async Task<(int Status, string Body)[]> RegisterAsync(
        TestServer server,
        string? from,
        int count,
        Func<int, string> forwarded
    )
    {
        using HttpClient http = new(Caller.From(from is null ? null : IPAddress.Parse(from)))
        {
            BaseAddress = server.Http.BaseAddress,
        };
        List<(int, string)> answers = [];
        for (int i = 1; i <= count; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, new Uri("/oauth/register", UriKind.Relative))
            {
                Content = new StringContent(
                    """{"client_name":"x","redirect_uris":["https://callback.example/done"]}""",
                    new MediaTypeHeaderValue("application/json")
                ),
            };
            request.Headers.Add("X-Forwarded-For", forwarded(i));
            using HttpResponseMessage response = await http.SendAsync(request, TestContext.Current.CancellationToken);
            answers.Add(
                (
                    (int)response.StatusCode,
                    await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
                )
            );
        }

        return [.. answers];
    }
}
