using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

public sealed class TokenEndpointTests(TestServer server)
{
    [Fact]
    public async Task Token_IsGiven_ForBasicCredentialsAndADoubledSlash()
    {
        string basic = Convert.ToBase64String(
            Encoding.UTF8.GetBytes($"{server.ServiceClient.Id}:{server.ServiceClient.Secret}")
        );
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(server.Server.Url + "//oauth/token"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", basic);
        request.Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]);

        Reply reply = await server.SendAsync(request);

        reply.Status.Should().Be(200, reply.Body);
        reply.Json.GetProperty("token_type").GetString().Should().Be("Bearer");
        reply.Json.GetProperty("expires_in").GetInt32().Should().Be(3600);
        reply.Headers["Cache-Control"].Should().Be("no-store");
    }

    [Fact]
    public async Task Token_IsGiven_WhenAnOldTokenIsSentAlong()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri("/oauth/token", UriKind.Relative));
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer an.ended.token");
        request.Content = new FormUrlEncodedContent([
            new("grant_type", "client_credentials"),
            new("client_id", server.ServiceClient.Id),
            new("client_secret", server.ServiceClient.Secret),
        ]);

        (await server.SendAsync(request)).Status.Should().Be(200);
    }

    [Fact]
    public async Task Token_IsRefused_WhenTheCredentialComesTwice()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri("/oauth/token", UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", "YTpi");
        request.Content = new FormUrlEncodedContent([
            new("grant_type", "client_credentials"),
            new("client_id", server.ServiceClient.Id),
            new("client_secret", server.ServiceClient.Secret),
        ]);

        Reply reply = await server.SendAsync(request);

        reply.Status.Should().Be(400);
        reply.Json.GetProperty("error").GetString().Should().Be("invalid_request");
    }

    [Fact]
    public async Task Guessing_IsThrottled_WithoutLockingOutTheOwner()
    {
        List<HttpStatusCode> answers = [];
        for (int i = 0; i < 12; i++)
        {
            using HttpResponseMessage wrong = await server.RequestTokenAsync(server.ServiceClient.Id, $"sks_{i}");
            answers.Add(wrong.StatusCode);
        }

        answers[0].Should().Be(HttpStatusCode.Unauthorized);
        answers[^1].Should().Be(HttpStatusCode.TooManyRequests);
        using HttpResponseMessage owner = await server.RequestTokenAsync(
            server.ServiceClient.Id,
            server.ServiceClient.Secret
        );
        owner.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task UnknownClient_AnswersLikeAWrongSecret()
    {
        using HttpResponseMessage unknown = await server.RequestTokenAsync("skc_nobody", "sks_wrong");
        using HttpResponseMessage session = await server.RequestTokenAsync("uss_nobody", "wrong");

        string body = await unknown.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        unknown.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        (await session.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Should().Be(body);
        JsonDocument.Parse(body).RootElement.GetProperty("error").GetString().Should().Be("invalid_client");
    }
}
