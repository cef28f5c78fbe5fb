using System.Buffers.Text;
using System.Net.Mail;
using System.Text;
using Newtonsoft.Json.Linq;

namespace Behalf.Connectors.Templates;

/// <summary>
/// Writes an Internet message (RFC 5322) of one plain text, base64url-encoded. Addresses are parsed, texts encoded
/// (RFC 2047): no value can end its header or add another.
/// </summary>
internal static class MailMessage
{
    private const int EncodedWord = 42; // bytes of UTF-8; an encoded word has at most 75 characters

    /// <param name="parts"><c>to</c>, <c>cc</c>, <c>bcc</c> (a list or texts between commas), <c>subject</c>, <c>text</c>, <c>in_reply_to</c> (a message id).</param>
    /// <returns>Null when an address or message id is none.</returns>
    public static string? Write(JToken parts)
    {
        StringBuilder message = new();
        foreach (string header in (string[])["To", "Cc", "Bcc"])
        {
            if (!TryAddresses(parts[header.ToLowerInvariant()], out string addresses))
            {
                return null;
            }

            if (addresses.Length > 0)
            {
                message.Append(header).Append(": ").Append(addresses).Append("\r\n");
            }
        }

        if (Tokens.TextOf(parts["in_reply_to"] ?? JValue.CreateNull()) is { Length: > 0 } id)
        {
            if (!IsMessageId(id))
            {
                return null;
            }

            message.Append("In-Reply-To: ").Append(id).Append("\r\nReferences: ").Append(id).Append("\r\n");
        }

        message
            .Append("Subject: ")
            .Append(Encoded(TextOf(parts["subject"])))
            .Append("\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n")
            .Append("Content-Transfer-Encoding: base64\r\n\r\n")
            .Append(
                Convert.ToBase64String(
                    Encoding.UTF8.GetBytes(TextOf(parts["text"])),
                    Base64FormattingOptions.InsertLineBreaks
                )
            )
            .Append("\r\n");
        return Base64Url.EncodeToString(Encoding.ASCII.GetBytes(message.ToString()));
    }

    private static string TextOf(JToken? token) => token is null ? "" : Tokens.TextOf(token) ?? "";

    private static bool TryAddresses(JToken? given, out string addresses)
    {
        IEnumerable<string> all = given is JArray list ? list.Select(TextOf) : TextOf(given).Split(',');
        List<string> written = [];
        foreach (string text in all.Select(one => one.Trim()).Where(one => one.Length > 0))
        {
            if (text.Any(char.IsControl) || !MailAddress.TryCreate(text, out MailAddress? address) || !IsPlain(address))
            {
                addresses = "";
                return false;
            }

            written.Add(
                address.DisplayName.Length == 0
                    ? address.Address
                    : $"{Encoded(address.DisplayName)} <{address.Address}>"
            );
        }

        addresses = string.Join(",\r\n ", written);
        return true;
    }

    private static bool IsPlain(MailAddress address) => address.Address.All(c => c is > ' ' and <= '~');

    private static bool IsMessageId(string id) =>
        id is ['<', .., '>'] && id.Length <= 500 && id[1..^1].All(c => c is > ' ' and <= '~' and not ('<' or '>'));

    /// <summary>Always as encoded words, so that no text is ever structure.</summary>
    private static string Encoded(string text)
    {
        List<string> words = [];
        StringBuilder word = new();
        int bytes = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > EncodedWord)
            {
                words.Add(Word(word));
                bytes = 0;
            }

            word.Append(rune.ToString());
            bytes += rune.Utf8SequenceLength;
        }

        words.Add(Word(word));
        return string.Join("\r\n ", words);
    }

    private static string Word(StringBuilder text)
    {
        string word = $"=?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(text.ToString()))}?=";
        text.Clear();
        return word;
    }
}
