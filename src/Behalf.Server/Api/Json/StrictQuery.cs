using System.Net;
using System.Text;
using System.Text.Unicode;
using Google.Protobuf.Reflection;

namespace Behalf.Server.Api.Json;

/// <summary>The same strictness for a query string: known fields, each in one spelling and once unless it is repeated.</summary>
internal static class StrictQuery
{
    /// <param name="raw">As it was sent: the framework keeps an escape it cannot decode as text, the same as its escaped form.</param>
    /// <param name="query">As parsed by the framework.</param>
    /// <param name="message">The request message its fields go into.</param>
    /// <param name="allowed">False when the whole message is the body: then a query has nothing to say.</param>
    public static Problem? Check(QueryString raw, IQueryCollection query, MessageDescriptor message, bool allowed)
    {
        if (!IsUtf8(raw.Value ?? string.Empty))
        {
            return Problem.Invalid("query", "utf8", "holds an escape that is not valid UTF-8");
        }

        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach ((string key, var values) in query)
        {
            FieldDescriptor? field = allowed ? Find(message, key, out string path) : Nothing(out path);
            if (field is null)
            {
                return Problem.Invalid("query", "unknown", "holds a parameter that is not a field of the request");
            }

            if (!seen.Add(path) || (values.Count > 1 && !field.IsRepeated))
            {
                return Problem.Invalid(path, "duplicate", "is there twice");
            }
        }

        return null;
    }

    private static bool IsUtf8(string raw)
    {
        for (int at = raw.IndexOf('%'); at >= 0; at = raw.IndexOf('%', at + 1))
        {
            if (at + 2 >= raw.Length || !char.IsAsciiHexDigit(raw[at + 1]) || !char.IsAsciiHexDigit(raw[at + 2]))
            {
                return false;
            }
        }

        byte[] escaped = Encoding.UTF8.GetBytes(raw);
        return Utf8.IsValid(WebUtility.UrlDecodeToBytes(escaped, 0, escaped.Length));
    }

    private static FieldDescriptor? Find(MessageDescriptor message, string key, out string path)
    {
        List<string> names = [];
        FieldDescriptor? field = null;
        MessageDescriptor? at = message;
        foreach (string part in key.Split('.'))
        {
            field = at?.Fields.InDeclarationOrder().FirstOrDefault(f => f.Name == part || f.JsonName == part);
            if (field is null)
            {
                break;
            }

            names.Add(field.Name);
            at = field is { FieldType: FieldType.Message, IsMap: false } ? field.MessageType : null;
        }

        path = string.Join('.', names);
        return field;
    }

    private static FieldDescriptor? Nothing(out string path)
    {
        path = string.Empty;
        return null;
    }
}
