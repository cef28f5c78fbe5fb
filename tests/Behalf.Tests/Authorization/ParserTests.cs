using Behalf.Authorization;
using Behalf.Connectors;
using Behalf.Egress;
using CsCheck;

namespace Behalf.Tests.Authorization;

public sealed class ParserTests
{
    private static readonly OAuthProfile Profile = new()
    {
        Origin = new Uri("https://provider.example"),
        AuthorizePath = "/authorize",
        TokenPath = "/token",
        DefaultScopes = ScopeSet.Empty,
        IdentityIdPath = "data.gid",
    };

    [Fact]
    public void TokenAnswerReader_NeverThrows_AndGrantsOnlyWholeAnswers() =>
        Gen.OneOf(Gen.String, Gen.String.Select(s => $$"""{"access_token":"{{s}}","token_type":"bearer"}"""))
            .Sample(text =>
            {
                TokenAnswer answer = Read(200, text);
                if (answer is TokenAnswer.Granted { Tokens: var tokens })
                {
                    tokens.AccessToken.RevealText().Should().MatchRegex("^[!-~]+$");
                }
            });

    [Fact]
    public void OneTimeCode_IsReadAsItIsWritten() =>
        Gen.Int[1, 3]
            .Sample(_ =>
            {
                string code = OneTimeCode.New();
                OneTimeCode.TryNormalize(code, out string? normal).Should().BeTrue();
                OneTimeCode
                    .TryNormalize(code.ToLowerInvariant().Replace('-', ' '), out string? other)
                    .Should()
                    .BeTrue();
                other.Should().Be(normal);
            });

    [Theory]
    [InlineData("0O1IL-AAAAA", "00111AAAAA")]
    [InlineData("0o1il aaaaa", "00111AAAAA")]
    public void OneTimeCode_ForgivesLookalikes(string typed, string normal)
    {
        OneTimeCode.TryNormalize(typed, out string? read).Should().BeTrue();
        read.Should().Be(normal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("AAAAA-AAAA")]
    [InlineData("AAAAA-AAAAAA")]
    [InlineData("AAAAA-AAAAU")]
    [InlineData("AAAAA\u200bAAAAA")]
    public void OneTimeCode_RefusesAnythingElse(string? typed) =>
        OneTimeCode.TryNormalize(typed, out _).Should().BeFalse();

    [Theory]
    [InlineData("3600", 3600)]
    [InlineData("\"3600\"", 3600)]
    [InlineData("\"3600.0\"", 3600)]
    [InlineData("null", null)]
    [InlineData("0", 0)]
    public void Lifetime_IsReadAsNumberOrText(string json, int? seconds)
    {
        string body = $$"""{"access_token":"t","token_type":"Bearer","expires_in":{{json}}}""";
        TokenAnswer.Granted granted = Read(200, body).Should().BeOfType<TokenAnswer.Granted>().Subject;
        granted.Tokens.AccessLifetime.Should().Be(seconds is { } s ? TimeSpan.FromSeconds(s) : null);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("\"-1\"")]
    [InlineData("1e300")]
    [InlineData("\"soon\"")]
    [InlineData("true")]
    [InlineData("[]")]
    public void LifetimeThatCannotBeOne_IsLeftAway_AndTold(string json)
    {
        string body = $$"""{"access_token":"t","token_type":"Bearer","expires_in":{{json}}}""";
        TokenAnswer.Granted granted = Read(200, body).Should().BeOfType<TokenAnswer.Granted>().Subject;
        (granted.Tokens.AccessLifetime, granted.Tokens.HasOddLifetime).Should().Be((null, true));
    }

    private static TokenAnswer Read(int status, string body) =>
        TokenAnswerReader.Read(
            new EgressOutcome.Answered(
                status,
                new Dictionary<string, string>(StringComparer.Ordinal),
                System.Text.Encoding.UTF8.GetBytes(body)
            ),
            Profile,
            default
        );
}
