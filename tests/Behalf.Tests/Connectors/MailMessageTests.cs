using System.Buffers.Text;
using System.Text;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Tests.Connectors;

public sealed class MailMessageTests
{
    [Fact]
    public void Message_HasItsHeaders_AndTheTextEncoded()
    {
        string message = Written(
            new JObject
            {
                ["to"] = new JArray("Bob <bob@acme.com>", "carol@acme.com"),
                ["subject"] = "Größe",
                ["text"] = "Hello\nBob",
            }
        )!;

        message.Should().StartWith("To: =?utf-8?B?Qm9i?= <bob@acme.com>,\r\n carol@acme.com\r\n");
        message.Should().Contain($"Subject: =?utf-8?B?{Base64("Größe")}?=\r\n");
        message.Should().EndWith($"\r\n\r\n{Base64("Hello\nBob")}\r\n");
    }

    [Theory]
    [InlineData("bob@acme.com\r\nBcc: evil@evil.example")]
    [InlineData("bob@acme.com\nX: y")]
    [InlineData("not an address")]
    [InlineData("bob@acme.com\0")]
    public void Address_ThatIsNone_MakesNoMessage(string to) =>
        Written(
                new JObject
                {
                    ["to"] = new JArray(to),
                    ["subject"] = "x",
                    ["text"] = "x",
                }
            )
            .Should()
            .BeNull();

    [Theory]
    [InlineData("x\r\nBcc: evil@evil.example")]
    [InlineData("x\r\n\r\nbody")]
    public void Subject_NeverEndsItsHeader(string subject)
    {
        string message = Written(
            new JObject
            {
                ["to"] = "bob@acme.com",
                ["subject"] = subject,
                ["text"] = "text",
            }
        )!;

        message.Should().NotContain("evil@").And.NotContain("\r\n\r\nbody");
        message.Split("\r\n\r\n").Should().HaveCount(2);
    }

    [Theory]
    [InlineData("<1@acme.com>\r\nX: y")]
    [InlineData("1@acme.com")]
    [InlineData("<a> <b>")]
    public void MessageId_ThatIsNone_MakesNoMessage(string id) =>
        Written(
                new JObject
                {
                    ["to"] = "bob@acme.com",
                    ["subject"] = "x",
                    ["text"] = "x",
                    ["in_reply_to"] = id,
                }
            )
            .Should()
            .BeNull();

    private static string? Written(JObject parts) =>
        MailMessage.Write(parts) is { } encoded ? Encoding.ASCII.GetString(Base64Url.DecodeFromChars(encoded)) : null;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
