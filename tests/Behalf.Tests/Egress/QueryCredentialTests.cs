using Behalf.Egress;

namespace Behalf.Tests.Egress;

public sealed class QueryCredentialTests
{
    [Theory]
    [InlineData("https://api.example/things", "https://api.example/things?key=a%2Fb%20c")]
    [InlineData("https://api.example/things?q=1", "https://api.example/things?q=1&key=a%2Fb%20c")]
    public void Credential_IsAppendedEscaped(string uri, string expected)
    {
        using Secret secret = Secret.FromText("a/b c");

        QueryCredential.PutOn(Request(uri, secret)).AbsoluteUri.Should().Be(expected);
    }

    [Theory]
    [InlineData("https://api.example/things?key=mine")]
    [InlineData("https://api.example/things?a=1&KEY=mine")]
    [InlineData("https://api.example/things?%6Bey=mine")]
    [InlineData("https://api.example/things?a;key=mine")]
    public void Request_CannotNameTheParameterItself(string uri)
    {
        using Secret secret = Secret.FromText("secret");

        QueryCredential.ProblemWith(Request(uri, secret)).Should().Contain("key");
    }

    private static EgressRequest Request(string uri, Secret secret) =>
        new()
        {
            Method = HttpMethod.Get,
            Uri = new Uri(uri),
            Origin = new Uri("https://api.example"),
            Credential = EgressCredential.InQuery("key", secret),
            Timeout = TimeSpan.FromSeconds(1),
            MaxResponseBytes = 1,
        };
}
