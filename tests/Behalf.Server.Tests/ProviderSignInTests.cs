using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Behalf.Server.Tests.Infrastructure;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.Server.Tests;

/// <summary>Sign-in at the operator's OpenID Connect provider, with honest and bent answers.</summary>
public sealed partial class ProviderSignInTests(PeopleStage stage) : IClassFixture<PeopleStage>, IAsyncLifetime
{
    private ScriptedProvider _provider = null!;

    public ValueTask InitializeAsync()
    {
        _provider = stage.Provider;
        _provider.TokenRequests.Clear();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Person_IsKnownByTheClaimThatTheOperatorChose_WithGroups()
    {
        await UseAsync("email", groups: "groups");
        Person browser = stage.NewPerson("kim");
        Uri request = await BeginAsync(browser);

        Page done = await browser.OpenAsync(
            _provider.Answer(request, _provider.Sign(_provider.ClaimsOf("kim", request)))
        );

        done.Status.Should().Be(200, done.Body);
        (await browser.OpenAsync(new Uri($"{stage.Url}/sign-in"))).Body.Should().Contain("kim@acme.com");
        JsonElement person = (await PeopleAsync()).First(one => one.GetProperty("name").GetString() == "kim@acme.com");
        person.GetProperty("issuer").GetString().Should().Be(ScriptedProvider.Issuer);
        person.GetProperty("groups")[0].GetString().Should().Be("staff");
        _provider.TokenRequests.Should().ContainSingle().Which.Should().Contain("code_verifier=");
    }

    [Fact]
    public async Task Subject_KeepsItsIdentifier_WhateverTheClaimSaysLater()
    {
        await UseAsync("email");
        Person browser = stage.NewPerson("lea");
        Uri first = await BeginAsync(browser);
        await browser.OpenAsync(_provider.Answer(first, _provider.Sign(_provider.ClaimsOf("lea", first))));
        Uri second = await BeginAsync(browser);
        Dictionary<string, object?> renamed = _provider.ClaimsOf("lea", second);
        renamed["email"] = "renamed@acme.com";

        await browser.OpenAsync(_provider.Answer(second, _provider.Sign(renamed)));

        (await browser.OpenAsync(new Uri($"{stage.Url}/sign-in"))).Body.Should().Contain("lea@acme.com");
    }

    [Theory]
    [InlineData("iss", "https://evil.example")]
    [InlineData("aud", "another client")]
    [InlineData("aud", new[] { "behalf", "another client" })]
    [InlineData("aud", new string[0])]
    [InlineData("nonce", "another nonce")]
    [InlineData("nonce", null)]
    [InlineData("sub", "")]
    [InlineData("email_verified", false)]
    [InlineData("email_verified", null)]
    [InlineData("email", "not\u0000allowed")]
    [InlineData("exp", 1)]
    public async Task BentIdToken_SignsNobodyIn(string claim, object? value)
    {
        await UseAsync("email");
        Person browser = stage.NewPerson("mallory");
        Uri request = await BeginAsync(browser);
        Dictionary<string, object?> claims = _provider.ClaimsOf("mallory", request);
        claims[claim] = value;

        await RefusedAsync(browser, _provider.Answer(request, _provider.Sign(claims)));
    }

    [Theory]
    [InlineData("none", "first")]
    [InlineData("HS256", "first")]
    [InlineData("RS256", "unknown")]
    public async Task TokenThatTheProvidersKeysDidNotSign_SignsNobodyIn(string algorithm, string keyId)
    {
        await UseAsync("sub");
        Person browser = stage.NewPerson("mallory");
        Uri request = await BeginAsync(browser);

        await RefusedAsync(
            browser,
            _provider.Answer(request, _provider.Sign(_provider.ClaimsOf("mallory", request), algorithm, keyId))
        );
    }

    [Fact]
    public async Task TokenSignedByAnotherKey_UnderAKnownId_SignsNobodyIn()
    {
        await UseAsync("sub");
        using var another = RSA.Create(2048);
        Person browser = stage.NewPerson("mallory");
        Uri request = await BeginAsync(browser);
        string forged = _provider.Sign(_provider.ClaimsOf("mallory", request), signer: another);
        await RefusedAsync(browser, _provider.Answer(request, forged));

        request = await BeginAsync(browser);
        string right = _provider.Sign(_provider.ClaimsOf("mallory", request));
        byte[] signature = Base64UrlEncoder.DecodeBytes(right.Split('.')[2]);
        signature[^1] ^= 1;
        string flipped = $"{right[..right.LastIndexOf('.')]}.{Base64UrlEncoder.Encode(signature)}";
        await RefusedAsync(browser, _provider.Answer(request, flipped));

        (await PeopleAsync()).Should().NotContain(one => one.GetProperty("name").GetString() == "mallory");
    }

    [Fact]
    public async Task TokenForSeveralAudiences_NeedsTheOneItWasGivenTo()
    {
        await UseAsync("sub");
        Person browser = stage.NewPerson("olga");
        Uri request = await BeginAsync(browser);
        Dictionary<string, object?> claims = _provider.ClaimsOf("olga", request);
        claims["aud"] = new[] { "behalf", "another client" };
        claims["azp"] = "another client";
        await RefusedAsync(browser, _provider.Answer(request, _provider.Sign(claims)));

        request = await BeginAsync(browser);
        claims["nonce"] = _provider.ClaimsOf("olga", request)["nonce"];
        claims["azp"] = "behalf";
        Page done = await browser.OpenAsync(_provider.Answer(request, _provider.Sign(claims)));

        done.Status.Should().Be(200, done.Body);
    }

    [Fact]
    public async Task Provider_IsOfItsEnvironment()
    {
        const string Host = "sign-in.other.example";
        await UseAsync("sub");
        TestEnvironment other = await TestEnvironment.AddAsync(stage.Server, publicUrl: $"https://{Host}");
        Uri signIn = new($"{stage.Url}/sign-in");
        Person kim = stage.NewPerson("kim");
        kim.Host = Host;
        Page without = await kim.OpenAsync(signIn);
        Reply set = await SetAsync(ScriptedProvider.Issuer, "email", null, other.Slug);
        Uri request = await BeginAsync(kim);
        Uri answer = Here(_provider.Answer(request, _provider.Sign(_provider.ClaimsOf("kim-of-other", request))));
        Person carried = stage.NewPerson("kim");
        carried.TakeCookies(kim.Cookies);

        without.Body.Should().NotContain("id=\"provider\"");
        set.Json.GetProperty("redirect_uri").GetString().Should().Be($"https://{Host}/sign-in/callback");
        request.Query.Should().Contain(Uri.EscapeDataString($"https://{Host}/sign-in/callback"));
        await RefusedAsync(carried, answer); // begun there, answered here
        (await kim.OpenAsync(answer)).Status.Should().Be(200);
        (await kim.OpenAsync(signIn)).Body.Should().Contain("kim-of-other@acme.com");
        (await PeopleAsync(other.Slug))
            .Should()
            .ContainSingle()
            .Which.GetProperty("name")
            .GetString()
            .Should()
            .Be("kim-of-other@acme.com");
        (await PeopleAsync())
            .Should()
            .NotContain(one =>
                one.GetProperty("name").GetString()!.StartsWith("kim-of-other", StringComparison.Ordinal)
            );
    }

    [Theory]
    [InlineData("https://idp.example")]
    [InlineData("https://bent-idp.example/")]
    [InlineData("HTTPS://bent-idp.example")]
    [InlineData(null)]
    public async Task DiscoveryDocumentOfAnotherIssuer_IsNotUsed(string? issuer)
    {
        const string Bent = "https://bent-idp.example";
        stage.Web.Answer(
            $"{Bent}/.well-known/openid-configuration",
            JsonSerializer.Serialize(
                new
                {
                    issuer,
                    authorization_endpoint = $"{ScriptedProvider.Issuer}/authorize",
                    token_endpoint = $"{ScriptedProvider.Issuer}/token",
                    jwks_uri = $"{ScriptedProvider.Issuer}/keys",
                }
            )
        );
        (await SetAsync(Bent, "sub", null)).Status.Should().Be(200);
        Person browser = stage.NewPerson("mallory");
        Uri uri = new($"{stage.Url}/sign-in");

        Page begun = await browser.SendAsync(uri, Form.Of(await browser.OpenAsync(uri), "provider"));

        begun.Status.Should().Be(503, begun.Body);
        begun.Body.Should().Contain("bent-idp.example").And.NotContain("id=\"go-on\"");
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("https://idp.example/")]
    [InlineData(null)]
    public async Task AnswerOfAnotherIssuer_SendsTheCodeNowhere(string? issuer)
    {
        await UseAsync("sub");
        Person browser = stage.NewPerson("mallory");
        Uri request = await BeginAsync(browser);
        Uri answer = _provider.Answer(request, _provider.Sign(_provider.ClaimsOf("mallory", request)), issuer);

        await RefusedAsync(browser, answer);

        _provider.TokenRequests.Should().BeEmpty();
    }

    [Fact]
    public async Task AnswerInAnotherBrowser_OrTwice_SignsNobodyIn()
    {
        await UseAsync("sub");
        Person own = stage.NewPerson("nora");
        Person other = stage.NewPerson("other");
        Uri request = await BeginAsync(own);
        await BeginAsync(other);
        Uri answer = _provider.Answer(request, _provider.Sign(_provider.ClaimsOf("nora", request)));

        await RefusedAsync(other, answer);
        await RefusedAsync(stage.NewPerson("third"), answer);
        (await own.OpenAsync(answer)).Status.Should().Be(200);
        (await own.OpenAsync(answer)).Status.Should().Be(400, "the cookie is gone");

        _provider.TokenRequests.Should().ContainSingle();
    }

    [Fact]
    public async Task IdentifierOfTheLocalDirectory_IsNotTakenOver()
    {
        await UseAsync("sub");
        Person browser = stage.NewPerson("alice");
        Uri request = await BeginAsync(browser);

        Page refused = await browser.OpenAsync(
            _provider.Answer(request, _provider.Sign(_provider.ClaimsOf("alice", request)))
        );

        refused.Status.Should().Be(403, refused.Body);
        refused.Body.Should().Contain("Somebody else has your name here");
    }

    [Theory]
    [InlineData("http://idp.example")]
    [InlineData("https://127.0.0.1")]
    [InlineData("https://169.254.169.254")]
    [InlineData("https://idp.example?x=1")]
    [InlineData("not a url")]
    public async Task ProviderPointingInward_IsRefusedWhenItIsSet(string issuer)
    {
        Reply reply = await SetAsync(issuer, "sub", null);

        reply.Status.Should().Be(400, reply.Body);
    }

    private async Task RefusedAsync(Person browser, Uri answer)
    {
        Page refused = await browser.OpenAsync(answer);
        refused.Status.Should().BeOneOf([400, 403, 503], refused.Body);
        (await browser.OpenAsync(new Uri($"{stage.Url}/sign-in"))).Body.Should().NotContain("signed-in");
    }

    /// <returns>The authorization request that the page leads to.</returns>
    private async Task<Uri> BeginAsync(Person browser)
    {
        Uri uri = new($"{stage.Url}/sign-in");
        Page page = await browser.SendAsync(uri, Form.Of(await browser.OpenAsync(uri), "provider"));
        page.Status.Should().Be(200, page.Body);
        return new Uri(WebUtility.HtmlDecode(Location().Match(page.Body).Groups[1].Value));
    }

    private async Task UseAsync(string identifierClaim, string? groups = null)
    {
        Reply reply = await SetAsync(ScriptedProvider.Issuer, identifierClaim, groups);
        reply.Status.Should().Be(200, reply.Body);
        reply.Json.GetProperty("redirect_uri").GetString().Should().Be($"{stage.Url}/sign-in/callback");
    }

    /// <summary>The answer where this server listens; the browser says by its Host which environment it means.</summary>
    private Uri Here(Uri answer) => new(stage.Url + answer.PathAndQuery);

    private Task<Reply> SetAsync(
        string issuer,
        string identifierClaim,
        string? groups,
        string environment = "default"
    ) =>
        stage.Server.SendAsync(
            HttpMethod.Put,
            "/api/v1/behalf/identity_provider",
            stage.Server.OperatorToken,
            JsonSerializer.Serialize(
                new
                {
                    environment,
                    issuer,
                    client_id = "behalf",
                    client_secret = ScriptedProvider.Secret,
                    identifier_claim = identifierClaim,
                    groups_claim = groups ?? "",
                }
            )
        );

    private async Task<JsonElement[]> PeopleAsync(string environment = "default") =>
        [
            .. (
                await stage.Server.SendAsync(
                    HttpMethod.Get,
                    $"/api/v1/behalf/people?environment={environment}",
                    stage.Server.OperatorToken
                )
            )
                .Json.GetProperty("people")
                .EnumerateArray(),
        ];

    [GeneratedRegex("href=\"([^\"]+)\" id=\"go-on\"")]
    private static partial Regex Location();
}
