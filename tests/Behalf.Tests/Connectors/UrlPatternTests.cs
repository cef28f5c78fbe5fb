using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Document;

namespace Behalf.Tests.Connectors;

/// <summary>Hosts that vary: whatever is given or told, only hosts of the definition's patterns are ever addressed.</summary>
public sealed class UrlPatternTests
{
    [Theory]
    [InlineData("https://acme.zendesk.com")]
    [InlineData("https://acme.zendesk.com/")]
    [InlineData("https://ACME.zendesk.com")]
    public void Pattern_Matches_OneLabelPerSlot(string url) => Pattern.Matches(new Uri(url)).Should().BeTrue();

    [Theory]
    [InlineData("https://zendesk.com")]
    [InlineData("https://a.b.zendesk.com")]
    [InlineData("https://acme.zendesk.com.evil.example")]
    [InlineData("https://acme.zendesk.com@evil.example")]
    [InlineData("https://evil.example/.zendesk.com")]
    [InlineData("http://acme.zendesk.com")]
    [InlineData("https://acme.zendesk.com:8443")]
    [InlineData("https://acme.zendesk.com/other")]
    [InlineData("https://acme.zendesk.com?x=1")]
    [InlineData("https://-acme.zendesk.com")]
    [InlineData("https://127.0.0.1")]
    public void Pattern_MatchesNothingElse(string url) =>
        (Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && Pattern.Matches(uri)).Should().BeFalse();

    [Theory]
    [InlineData("https://{host}")]
    [InlineData("https://{a}.com")]
    [InlineData("https://x.{tld}")]
    [InlineData("https://x{a}.example.com")]
    [InlineData("http://{a}.example.com")]
    [InlineData("https://{a}.{a}.example.com")]
    [InlineData("https://{a}.example.com:1")]
    [InlineData("https://{a}.example.com/{b}")]
    public void Pattern_ThatCouldStandForMore_IsRefused(string text) =>
        UrlPattern.TryParse(text, out _).Should().BeFalse();

    [Theory]
    [InlineData("evil.example/")]
    [InlineData("a.b")]
    [InlineData("a@b")]
    [InlineData("")]
    [InlineData("a\r\nb")]
    public void Slot_IsFilledWithALabelOrNotAtAll(string value) => Pattern.Fill(_ => value).Should().BeNull();

    [Fact]
    public void Filled_IsTheAddress() => Pattern.Fill(_ => "Acme").Should().Be(new Uri("https://acme.zendesk.com"));

    [Theory]
    [InlineData("https://acme.my.salesforce.com", true)]
    [InlineData("https://acme--dev.sandbox.my.salesforce.com", true)]
    [InlineData("https://na1.salesforce.com", true)]
    [InlineData("https://salesforce.com.evil.example", false)]
    [InlineData("https://acme.my.salesforce.com.evil.example", false)]
    [InlineData("http://acme.my.salesforce.com", false)]
    [InlineData("https://169.254.169.254", false)]
    [InlineData("not a url", false)]
    public async Task AddressThatTheProviderTells_IsTakenOnlyAsTheDefinitionAllows(string told, bool isTaken)
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync("salesforce");
        Uri? url = AccountUrl.Of(
            definition,
            At(definition, definition.BaseUrl),
            new Dictionary<string, string> { ["instance_url"] = told }
        );

        (url is not null).Should().Be(isTaken);
    }

    [Fact]
    public async Task AccountWithoutAnAddress_HasNone_AndAStandInHasAllThere()
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync("salesforce");
        Dictionary<string, string> nothing = [];

        AccountUrl.Of(definition, At(definition, definition.BaseUrl), nothing).Should().BeNull();
        AccountUrl
            .Of(definition, At(definition, new Uri("http://127.0.0.1:9/s")), nothing)
            .Should()
            .Be(new Uri("http://127.0.0.1:9/s"));
    }

    [Fact]
    public void Setting_FillsTheBaseUrl_AndMustBeItsSlot()
    {
        ConnectorDefinition definition = DefinitionReader.Read(Typed("subdomain"));
        Action other = () => DefinitionReader.Read(Typed("region"));

        AccountUrl
            .Of(
                definition,
                At(definition, definition.BaseUrl),
                new Dictionary<string, string> { ["subdomain"] = "acme" }
            )
            .Should()
            .Be(new Uri("https://acme.helpdesk.example/api"));
        other.Should().Throw<DefinitionFault>().WithMessage("*slots of 'base_url'*");
    }

    private static UrlPattern Pattern { get; } =
        UrlPattern.TryParse("https://{subdomain}.zendesk.com", out UrlPattern? pattern)
            ? pattern
            : throw new InvalidOperationException();

    private static string Typed(string setting) =>
        $$"""
            format: 1
            slug: helpdesk
            name: Helpdesk
            description: A help desk for tests.
            base_url: https://{subdomain}.helpdesk.example/api
            auth:
              type: api_key
              header: X-Api-Key
              fields:
                - {name: {{setting}}, label: Subdomain, setting: true}
                - {name: key, label: Key}
            """;

    private static Connection At(ConnectorDefinition definition, Uri baseUrl) =>
        new()
        {
            Environment = EnvironmentId.From(Guid.CreateVersion7()),
            Id = ConnectionId.From(Guid.CreateVersion7()),
            Name = ConnectionName.Parse("c"),
            Connector = definition.Slug,
            ConnectorRevision = definition.Revision,
            ToolPrefix = "c",
            BaseUrl = baseUrl,
            OAuthUrl = baseUrl,
            Scopes = ScopeSet.Empty,
            PolicyRevision = 1,
            Enabled = true,
            CreatedAt = DateTimeOffset.UnixEpoch,
            RowVersion = 1,
        };
}
