using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using Behalf.Egress;
using CsCheck;

namespace Behalf.Tests.Egress;

/// <summary>A body that comes in pieces is scrubbed as if it had come at once, wherever it is cut.</summary>
public sealed class ScrubbingTests
{
    private const string Token = "tok/en+with=signs&more%25\\end";

    private static readonly Gen<string> Secrets = Gen.Char["abcXYZ019-._~+/=%&<>\"'\\ äß€"]
        .Array[4, 40]
        .Select(chars => new string(chars));

    public static TheoryData<string> Spellings() =>
        [
            Token,
            Uri.EscapeDataString(Token),
            WebUtility.UrlEncode(Token),
            JsonSerializer.Serialize(Token),
            string.Concat(Token.Select(c => $"\\u{(int)c:x4}")),
            WebUtility.HtmlEncode(Token),
            string.Concat(Token.Select(c => $"&#x{(int)c:X};")),
            Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Token)),
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"Bearer {Token}")),
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"x{Token}")).Replace('+', '-').Replace('/', '_'),
        ];

    [Theory]
    [MemberData(nameof(Spellings))]
    public void Secret_IsFound_AtEveryCut(string spelling)
    {
        Scrubber scrubber = For(Token);
        byte[] body = Encoding.UTF8.GetBytes($"before {spelling}{spelling} after");
        string whole = Encoding.UTF8.GetString(scrubber.Scrub(body));
        whole.Should().Contain(Scrubber.Replacement);

        for (int first = 0; first <= body.Length; first++)
        {
            InPieces(scrubber, body, first).Should().Be(whole, "cut at {0}", first);
            InPieces(scrubber, body, first, first + ((body.Length - first) / 2)).Should().Be(whole);
        }

        InPieces(scrubber, body, [.. Enumerable.Range(1, body.Length - 1)]).Should().Be(whole, "byte by byte");
    }

    [Fact]
    public void Pieces_GiveWhatTheWholeGives_ForAnySecretsAndText() =>
        Gen.Select(Secrets, Secrets, Gen.Int[0, 4].Array[1, 12], Gen.Int[1, 9].Array[1, 30])
            .Sample(
                (one, other, parts, lengths) =>
                {
                    Scrubber scrubber = For(one, other);
                    string text = string.Concat(
                        parts.Select(part =>
                            part switch
                            {
                                0 => one,
                                1 => other[..(other.Length / 2)] + one,
                                2 => Uri.EscapeDataString(other),
                                3 => JsonSerializer.Serialize(one),
                                _ => "&%\\plain + text;",
                            }
                        )
                    );
                    byte[] body = Encoding.UTF8.GetBytes(text);
                    List<int> cuts = [];
                    for (int i = 0, at = lengths[0]; at < body.Length; at += lengths[++i % lengths.Length])
                    {
                        cuts.Add(at);
                    }

                    InPieces(scrubber, body, [.. cuts]).Should().Be(Encoding.UTF8.GetString(scrubber.Scrub(body)));
                }
            );

    [Theory]
    [InlineData("data: {\"a\":\"b&c\"}\n\n")]
    [InlineData("data: 100% done\n\n")]
    [InlineData("data: tok/en+wit\n\n")]
    [InlineData("data: \\u0074ok \\n\n\n")]
    public void Event_IsGivenOn_AsSoonAsItCame(string text)
    {
        ArrayBufferWriter<byte> output = new();

        int decided = For(Token).Begin().Advance(Encoding.UTF8.GetBytes(text), isWhole: false, output);

        decided.Should().Be(text.Length);
        Encoding.UTF8.GetString(output.WrittenSpan).Should().Be(text);
    }

    [Fact]
    public void WhatIsHeldBack_IsNoLongerThanASpelling()
    {
        Scrubbing scrubbing = For(Token).Begin();
        byte[] window = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Token[..^1], 5_000)));

        int decided = scrubbing.Advance(window, isWhole: false, new ArrayBufferWriter<byte>());

        (window.Length - decided).Should().BeLessThan(Token.Length);
    }

    private static string InPieces(Scrubber scrubber, byte[] body, params int[] cuts)
    {
        Scrubbing scrubbing = scrubber.Begin();
        ArrayBufferWriter<byte> output = new();
        byte[] window = [];
        int from = 0;
        foreach (int to in cuts.Append(body.Length))
        {
            window = [.. window, .. body[from..to]];
            window = window[scrubbing.Advance(window, isWhole: false, output)..];
            from = to;
        }

        scrubbing.Advance(window, isWhole: true, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static Scrubber For(params string[] secrets) =>
        Scrubber.For(
            Door.Request(new Uri("https://api.example.com")) with
            {
                Scrub = [.. secrets.Select(Secret.FromText)],
            }
        );
}
