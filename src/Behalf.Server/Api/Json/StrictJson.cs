using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Behalf.Server.Api.Json;

/// <summary>
/// Refuses JSON that readers could understand in two ways: a key twice (in either spelling), unknown keys, depth over 64,
/// numbers a double cannot hold, invalid Unicode. What passes is read by the transcoder.
/// </summary>
internal static class StrictJson
{
    private const int MaxDepth = 64;

    /// <value>Significant digits a double keeps.</value>
    private const int ExactDigits = 17;

    private const int MaxNumberLength = 400;

    public static Problem? Check(ReadOnlySpan<byte> json, JsonShape shape)
    {
        Utf8JsonReader reader = new(
            json,
            new JsonReaderOptions { MaxDepth = MaxDepth, CommentHandling = JsonCommentHandling.Disallow }
        );
        try
        {
            reader.Read();
            Problem? problem = CheckValue(ref reader, shape, string.Empty);
            if (problem is null && reader.Read())
            {
                return Refuse(string.Empty, "json", "something follows the JSON value");
            }

            return problem;
        }
        catch (JsonException)
        {
            return Refuse(string.Empty, "json", $"is not JSON of a depth of at most {MaxDepth}");
        }
        catch (InvalidOperationException)
        {
            return Refuse(string.Empty, "json", "holds text that is not valid Unicode");
        }
    }

    private static Problem? CheckValue(ref Utf8JsonReader reader, JsonShape shape, string path)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return CheckObject(ref reader, shape, path);
            case JsonTokenType.StartArray:
                for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
                {
                    if (CheckValue(ref reader, shape.Items, $"{path}[{i}]") is { } problem)
                    {
                        return problem;
                    }
                }

                return null;
            case JsonTokenType.String:
                reader.GetString(); // throws on invalid Unicode
                return null;
            case JsonTokenType.Number:
                return IsExact(Encoding.ASCII.GetString(reader.ValueSpan))
                    ? null
                    : Refuse(path, "number", "is a number that would lose digits; send it as a string");
            default:
                return null;
        }
    }

    private static Problem? CheckObject(ref Utf8JsonReader reader, JsonShape shape, string path)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            string key = reader.GetString()!;
            string at = path.Length == 0 ? key : $"{path}.{key}";
            if (shape.Find(key) is not var (name, inner))
            {
                return Refuse(at, "unknown", "is not a known field");
            }

            if (!seen.Add(name))
            {
                return Refuse(at, "duplicate", "is there twice");
            }

            reader.Read();
            if (CheckValue(ref reader, inner, at) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private static bool IsExact(string number)
    {
        if (number.Length > MaxNumberLength)
        {
            return false;
        }

        double value = double.Parse(number, CultureInfo.InvariantCulture);
        if (!double.IsFinite(value))
        {
            return false;
        }

        bool isInteger = number.AsSpan().IndexOfAny('.', 'e', 'E') < 0;
        return isInteger
            ? new BigInteger(value) == BigInteger.Parse(number, CultureInfo.InvariantCulture)
            : CountSignificant(number) <= ExactDigits;
    }

    private static int CountSignificant(string number)
    {
        int exponent = number.AsSpan().IndexOfAny('e', 'E');
        string digits = (exponent < 0 ? number : number[..exponent])
            .Replace(".", string.Empty, StringComparison.Ordinal)
            .TrimStart('-')
            .TrimStart('0')
            .TrimEnd('0');
        return digits.Length;
    }

    private static Problem Refuse(string path, string constraint, string description) =>
        Problem.Invalid(path.Length == 0 ? "body" : Shown(path), constraint, description);

    /// <summary>A path holds what the caller wrote: cut, and only its plain characters.</summary>
    private static string Shown(string path) =>
        new([.. path.Take(100).Select(c => c is >= ' ' and < '\x7f' ? c : '?')]);
}
