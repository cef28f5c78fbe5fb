using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Behalf.Egress;
using CsCheck;

namespace Behalf.Tests.Egress;

public sealed class ScrubberTests
{
    private static readonly Gen<string> Secrets = Gen.Char["abcXYZ019-._~+/=%&<>\"'\\ äß€"]
        .Array[8, 60]
        .Select(chars => new string(chars));

    [Fact]
    public void Scrub_LeavesNoSpelling_OfAnySecret() =>
        Gen.Select(Secrets, Gen.Byte.Array[0, 20], Gen.Byte.Array[0, 20])
            .Sample(
                (secret, before, after) =>
                {
                    byte[] bytes = Encoding.UTF8.GetBytes(secret);
                    string hidden = Convert.ToBase64String([.. before, .. bytes, .. after]);
                    Dictionary<string, string> spellings = new()
                    {
                        ["plain"] = secret,
                        ["uri"] = Uri.EscapeDataString(secret),
                        ["form"] = WebUtility.UrlEncode(secret),
                        ["lower percent"] = string.Concat(bytes.Select(b => $"%{b:x2}")),
                        ["json"] = JsonSerializer.Serialize(secret)[1..^1],
                        ["relaxed json"] = JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(secret),
                        ["json units"] = string.Concat(secret.Select(c => $"\\u{(int)c:X4}")),
                        ["json slashes"] = secret.Replace("\\", "\\\\").Replace("/", "\\/").Replace("\"", "\\\""),
                        ["html"] = WebUtility.HtmlEncode(secret),
                        ["html numbers"] = string.Concat(secret.Select(c => $"&#x{(int)c:x};")),
                    };
                    foreach ((string name, string spelling) in spellings)
                    {
                        string scrubbed = Scrubbed(secret, "[" + spelling + "]");
                        scrubbed.Should().Be("[[redacted]]", name);
                    }

                    Scrubbed(secret, hidden).Should().Contain("[redacted]", "base64");
                    string url = hidden.Replace('+', '-').Replace('/', '_').TrimEnd('=');
                    Scrubbed(secret, url).Should().Contain("[redacted]", "base64url");
                }
            );

    [Fact]
    public void Scrub_FindsASecret_InUtf16()
    {
        byte[] scrubbed = For("the-token-itself").Scrub(Encoding.Unicode.GetBytes("x the-token-itself y"));

        string letters = Encoding.ASCII.GetString(scrubbed).Replace("\0", "");
        letters.Should().Be("x [redacted] y");
    }

    [Fact]
    public void Scrub_ChangesNothing_WhereNoSecretIs()
    {
        byte[] body = Encoding.UTF8.GetBytes("{\"name\":\"the-token-its\",\"path\":\"a%2Fb\\u0041&amp;\"}");

        For("the-token-itself").Scrub(body).Should().BeSameAs(body);
    }

    [Fact]
    public void Scrub_FindsEveryOccurrence_AndSecretsWithinSecrets()
    {
        Scrubber scrubber = Scrubber.For(
            Door.Request(new Uri("https://api.example.com")) with
            {
                Scrub = [Secret.FromText("secret-one"), Secret.FromText("one-secret"), Secret.FromText("secret-on")],
            }
        );

        scrubber.Scrub("secret-one secret-one-secret secret-onx").Should().Be("[redacted] [redacted] [redacted]x");
    }

    [Fact]
    public void Scrub_StaysQuick_WhenASecretLooksLikeEscapes()
    {
        string secret = string.Concat(Enumerable.Repeat("%25&amp;\\u005c", 200));
        string body = string.Concat(Enumerable.Repeat("%25&amp;\\u005c", 2000));

        For(secret).Scrub(body).Should().StartWith("[redacted]");
    }

    private static string Scrubbed(string secret, string body) => For(secret).Scrub(body);

    private static Scrubber For(string secret) =>
        Scrubber.For(Door.Request(new Uri("https://api.example.com")) with { Scrub = [Secret.FromText(secret)] });
}
