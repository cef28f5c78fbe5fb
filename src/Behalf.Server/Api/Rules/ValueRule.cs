using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Behalf.Wire.Rules;

namespace Behalf.Server.Api.Rules;

/// <summary>Bounds of one value. Patterns run without backtracking, so no value makes them slow.</summary>
internal sealed class ValueRule(FieldRules rules)
{
    private Regex? _pattern; // built, it takes much room: once a value is asked about

    public void Check(object? value, string path, List<FieldViolation> violations)
    {
        FieldViolation? violation = value switch
        {
            string text => CheckText(text, path),
            uint or int or ulong or long => CheckNumber(Convert.ToInt64(value, CultureInfo.InvariantCulture), path),
            Enum number when rules.DefinedOnly && !Enum.IsDefined(number.GetType(), number) => new FieldViolation(
                path,
                "is not a value of its enumeration",
                "defined_only"
            ),
            _ => null,
        };
        if (violation is not null)
        {
            violations.Add(violation);
        }
    }

    /// <summary>In .NET <c>$</c> also matches before a last line break; in RE2 it does not.</summary>
    private static string Absolute(string pattern) =>
        pattern.Replace("$|", "\\z|", StringComparison.Ordinal) is var changed && changed.EndsWith('$')
            ? changed[..^1] + "\\z"
            : changed;

    private FieldViolation? CheckText(string text, string path)
    {
        ulong length = CountCodePoints(text);
        if (rules.HasMinLen && length < rules.MinLen)
        {
            return new FieldViolation(path, $"is shorter than {rules.MinLen}", "min_len");
        }

        if (rules.HasMaxLen && length > rules.MaxLen)
        {
            return new FieldViolation(path, $"is longer than {rules.MaxLen}", "max_len");
        }

        if (text.Length == 0)
        {
            return null; // an empty value stands for none
        }

        if (rules.HasPrefix && !text.StartsWith(rules.Prefix, StringComparison.Ordinal))
        {
            return new FieldViolation(path, $"does not begin with {rules.Prefix}", "prefix");
        }

        if (!rules.HasPattern)
        {
            return null;
        }

        _pattern ??= new Regex(Absolute(rules.Pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        return _pattern.IsMatch(text) ? null : new FieldViolation(path, $"does not match {rules.Pattern}", "pattern");
    }

    private FieldViolation? CheckNumber(long number, string path) =>
        rules.HasLt && number >= (long)rules.Lt ? new FieldViolation(path, $"is not less than {rules.Lt}", "lt")
        : rules.HasLte && number > (long)rules.Lte ? new FieldViolation(path, $"is greater than {rules.Lte}", "lte")
        : rules.HasGt && number <= (long)rules.Gt ? new FieldViolation(path, $"is not greater than {rules.Gt}", "gt")
        : rules.HasGte && number < (long)rules.Gte ? new FieldViolation(path, $"is less than {rules.Gte}", "gte")
        : null;

    private static ulong CountCodePoints(string text)
    {
        ulong count = 0;
        foreach (Rune _ in text.EnumerateRunes())
        {
            count++;
        }

        return count;
    }
}
