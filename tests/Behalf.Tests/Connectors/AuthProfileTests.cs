using System.Text;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Document;

namespace Behalf.Tests.Connectors;

/// <summary>Credentials that are typed in: what a definition may say of them, and how they go on a request.</summary>
public sealed class AuthProfileTests
{
    [Theory]
    [InlineData("{type: api_key, header: X-Api-Key, prefix: 'Key '}", "X-Api-Key", "Key the-key")]
    [InlineData("{type: api_key}", "Authorization", "the-key")]
    [InlineData("{type: bearer}", "Authorization", "Bearer the-key")]
    [InlineData("{type: bearer, prefix: 'Token '}", "Authorization", "Token the-key")]
    public void Credential_GoesInTheHeaderTheDefinitionNames(string auth, string header, string text)
    {
        using Secret opened = Secret.FromText("the-key");
        using CredentialOnRequest put = CredentialOnRequest.Of(Read(auth).Auth, opened);

        put.Credential!.Header.Should().Be(header);
        (put.Credential.Prefix + put.Credential.Value.RevealText()).Should().Be(text);
    }

    [Fact]
    public void Pair_TravelsEncoded_AndItsPasswordIsKnownToTheScrubber()
    {
        using Secret opened = Secret.FromText("alice:pass:with colon");
        using CredentialOnRequest put = CredentialOnRequest.Of(Read("{type: basic}").Auth, opened);

        Encoding
            .UTF8.GetString(Convert.FromBase64String(put.Credential!.Value.RevealText()))
            .Should()
            .Be("alice:pass:with colon");
        put.Parts.Select(part => part.RevealText()).Should().Contain("pass:with colon");
    }

    [Fact]
    public void Key_GoesInTheQuery_OnlyWhereTheDefinitionSaysSo()
    {
        using Secret opened = Secret.FromText("the-key");
        using CredentialOnRequest put = CredentialOnRequest.Of(Read("{type: api_key, query: key}").Auth, opened);

        put.Credential!.QueryParameter.Should().Be("key");
        put.Credential.Header.Should().BeEmpty();
    }

    [Fact]
    public void None_PutsNothingOn()
    {
        using Secret opened = Secret.FromText("none");
        using CredentialOnRequest put = CredentialOnRequest.Of(Read("{type: none}").Auth, opened);

        put.Credential.Should().BeNull();
    }

    [Theory]
    [InlineData("{}", "needs 'type'")]
    [InlineData("{type: oauth}", "'type' is one of")]
    [InlineData("{type: api_key, header: Host}", "not a header that may carry")]
    [InlineData("{type: api_key, header: X-Forwarded-For}", "not a header that may carry")]
    [InlineData("{type: api_key, header: 'X A'}", "not a header that may carry")]
    [InlineData("{type: api_key, header: X-A, query: a}", "not in both")]
    [InlineData("{type: api_key, query: 'a=b&c'}", "name of a parameter")]
    [InlineData("{type: bearer, prefix: \"a\\r\\nb\"}", "printable")]
    [InlineData("{type: bearer, fields: [{name: a}, {name: b}]}", "one field")]
    [InlineData("{type: basic, fields: [{name: a}, {name: a}]}", "two 'fields'")]
    [InlineData("{type: none, fields: [{name: a}]}", "no 'fields'")]
    [InlineData("{type: bearer, fields: [{name: Bad Name}]}", "field's name")]
    public void Definition_IsRefused_WithTheReason(string auth, string says)
    {
        FluentActions.Invoking(() => Read(auth)).Should().Throw<DefinitionFault>().WithMessage($"*{says}*");
    }

    [Fact]
    public void Tools_NameNoScopes_WithoutOAuth()
    {
        const string Tools = """
            tools:
              - {name: get_thing, title: Get, category: x, description: Gets one thing there is., hints: [read_only],
                 scopes: [things], steps: [{request: get, path: /thing}]}
            """;

        FluentActions
            .Invoking(() => Read("{type: bearer}", Tools))
            .Should()
            .Throw<DefinitionFault>()
            .WithMessage("*nobody grants any");
    }

    [Fact]
    public void Definition_HasOneOfOAuthAndAuth()
    {
        const string Both = "oauth: {origin: https://a.example, authorize_path: /a, token_path: /t}";

        FluentActions.Invoking(() => Read("{type: bearer}", Both)).Should().Throw<DefinitionFault>();
        FluentActions
            .Invoking(() => DefinitionReader.Read(Head))
            .Should()
            .Throw<DefinitionFault>()
            .WithMessage("*either 'oauth' or 'auth'*");
    }

    private const string Head = """
        format: 1
        slug: tracker
        name: Tracker
        description: A tracker for tests.
        base_url: https://tracker.example
        """;

    private static ConnectorDefinition Read(string auth, string further = "") =>
        DefinitionReader.Read($"{Head}\nauth: {auth}\n{further}\n");
}
