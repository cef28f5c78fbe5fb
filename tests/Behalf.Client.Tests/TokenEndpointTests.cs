using System.Net;
using System.Text;
using Behalf.Client.Internal;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Client.Tests;

public sealed class TokenEndpointTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task ATokenEnds_AsItsAnswerSays()
    {
        var answers = new Answers(
            HttpStatusCode.OK,
            """{"access_token":"abc","token_type":"Bearer","expires_in":600}"""
        );

        var token = await Endpoint(answers).FetchAsync(_token);

        token.Value.Reveal().Should().Be("abc");
        token.ExpiresAt.Should().Be(_clock.GetUtcNow() + TimeSpan.FromMinutes(10));
        answers.Path.Should().Be("/oauth/token");
        answers.Form.Should().Be("grant_type=client_credentials&client_id=cl_1&client_secret=s%26t");
    }

    [Fact]
    public async Task ARefusal_IsUnauthenticated_AndNamesNoSecret()
    {
        var answers = new Answers(
            HttpStatusCode.Unauthorized,
            """{"error":"invalid_client","error_description":"Unknown client or wrong secret."}"""
        );

        var fetch = () => Endpoint(answers).FetchAsync(_token);

        var refusal = (await fetch.Should().ThrowAsync<BehalfException>()).Which;
        refusal.Code.Should().Be("invalid_client");
        refusal.Kind.Should().Be(BehalfErrorKind.Unauthenticated);
        refusal.ToString().Should().NotContain("s&t").And.NotContain("s%26t");
    }

    [Theory]
    [InlineData("<html>hello</html>")]
    [InlineData("""{"token":"abc"}""")]
    [InlineData("[]")]
    public async Task AnotherKindOfServer_IsSaidToBeOne(string body)
    {
        var fetch = () => Endpoint(new Answers(HttpStatusCode.OK, body)).FetchAsync(_token);

        (await fetch.Should().ThrowAsync<BehalfException>()).Which.Code.Should().Be("unexpected_answer");
    }

    private TokenEndpoint Endpoint(HttpMessageHandler handler) =>
        new(new HttpClient(handler) { BaseAddress = new Uri("https://behalf.acme.com") }, "cl_1", "s&t", _clock);

    private sealed class Answers(HttpStatusCode status, string body) : HttpMessageHandler
    {
        public string? Path { get; private set; }

        public string? Form { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            Path = request.RequestUri!.AbsolutePath;
            Form = await request.Content!.ReadAsStringAsync(cancellationToken);
            return new HttpResponseMessage(status)
            {
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
            };
        }
    }
}
