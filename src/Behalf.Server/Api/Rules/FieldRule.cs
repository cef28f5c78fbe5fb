using System.Collections;
using System.Globalization;
using Behalf.Wire.Rules;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Behalf.Server.Api.Rules;

/// <summary>The rules of one field, read once from its descriptor.</summary>
internal sealed class FieldRule
{
    private const string IdentifierField = "identifier";

    private readonly FieldDescriptor _field;
    private readonly FieldRules? _rules;
    private readonly ValueRule? _value;
    private readonly bool _isIdentifier;

    private FieldRule(FieldDescriptor field, FieldRules? rules)
    {
        _field = field;
        _rules = rules;
        _isIdentifier = IsIdentifier(field);
        FieldRules? ofValues = field.IsRepeated && !field.IsMap ? rules?.Items : rules;
        _value = ofValues is null || _isIdentifier ? null : new ValueRule(ofValues);
    }

    /// <returns>Null when the field has nothing to check.</returns>
    public static FieldRule? Of(FieldDescriptor field)
    {
        FieldRules? rules = field.GetOptions()?.GetExtension(RulesExtensions.Rules);
        return rules is null && !IsIdentifier(field) ? null : new FieldRule(field, rules);
    }

    /// <summary>
    /// Identifiers have one rule at every door, wider than the numbers some fields declare: 1–256 code points.
    /// </summary>
    public static bool IsIdentifier(FieldDescriptor field) =>
        field is { FieldType: FieldType.String, IsRepeated: false }
        && field.Name == IdentifierField
        && field.File.Package != "scalekit.v1.providers"; // there it names a provider

    /// <summary>One official SDK leaves this required field out.</summary>
    public static bool IsOptionalInPractice(FieldDescriptor field) =>
        field.FullName == "scalekit.v1.tools.ListScopedToolsRequest.filter";

    public void Check(IMessage message, string path, List<FieldViolation> violations)
    {
        object? value = _field.Accessor.GetValue(message);
        if (_field.IsMap)
        {
            CheckMap((IDictionary)value!, path, violations);
        }
        else if (_field.IsRepeated)
        {
            CheckItems((IList)value!, path, violations);
        }
        else
        {
            CheckSingle(message, value, path, violations);
        }
    }

    private void CheckSingle(IMessage message, object? value, string path, List<FieldViolation> violations)
    {
        bool isSet = _field.HasPresence ? _field.Accessor.HasValue(message) : !IsDefault(value);
        if (!isSet)
        {
            bool isNeeded = _rules is { Required: true } || (_isIdentifier && _rules is { MinLen: > 0 });
            if (isNeeded && !IsOptionalInPractice(_field))
            {
                violations.Add(new FieldViolation(path, "is required", "required"));
            }
            else if (!_field.HasPresence)
            {
                _value?.Check(value, path, violations);
            }

            return;
        }

        if (!_isIdentifier)
        {
            _value?.Check(value, path, violations);
        }
        else if (value is string { Length: > 0 } text && !Identifier.TryParse(text, out _, out string? problem))
        {
            violations.Add(new FieldViolation(path, problem, IdentifierField));
        }
        else if (value is string { Length: 0 } && _rules is { Required: true } or { MinLen: > 0 })
        {
            violations.Add(new FieldViolation(path, "is required", "required"));
        }
    }

    private void CheckItems(IList items, string path, List<FieldViolation> violations)
    {
        if (_rules is { HasMaxItems: true } && (ulong)items.Count > _rules.MaxItems)
        {
            violations.Add(new FieldViolation(path, $"has more than {_rules.MaxItems} items", "max_items"));
        }
        else if (_rules is { HasMinItems: true } && (ulong)items.Count < _rules.MinItems)
        {
            violations.Add(new FieldViolation(path, $"has fewer than {_rules.MinItems} items", "min_items"));
        }
        else
        {
            for (int i = 0; i < items.Count; i++)
            {
                _value?.Check(items[i], $"{path}[{i.ToString(CultureInfo.InvariantCulture)}]", violations);
            }
        }
    }

    private void CheckMap(IDictionary map, string path, List<FieldViolation> violations)
    {
        if (_rules is { HasMaxPairs: true } && (ulong)map.Count > _rules.MaxPairs)
        {
            violations.Add(new FieldViolation(path, $"has more than {_rules.MaxPairs} pairs", "max_pairs"));
            return;
        }

        ValueRule? keys = _rules?.Keys is { } k ? new ValueRule(k) : null;
        ValueRule? values = _rules?.Values is { } v ? new ValueRule(v) : null;
        foreach (DictionaryEntry pair in map)
        {
            keys?.Check(pair.Key, $"{path} key", violations);
            values?.Check(pair.Value, $"{path}[{pair.Key}]", violations);
        }
    }

    private static bool IsDefault(object? value) =>
        value switch
        {
            null => true,
            string text => text.Length == 0,
            ByteString bytes => bytes.IsEmpty,
            bool flag => !flag,
            Enum number => Convert.ToInt64(number, CultureInfo.InvariantCulture) == 0,
            IConvertible number => number.ToDouble(CultureInfo.InvariantCulture) == 0,
            _ => false,
        };
}
