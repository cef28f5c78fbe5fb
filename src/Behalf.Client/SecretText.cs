using System.ComponentModel;
using System.Globalization;

namespace Behalf.Client;

/// <summary>
/// A client secret or token in clear. It has no text form: <see cref="ToString"/> gives a placeholder, serialisers find
/// no property, and reading it is a named call.
/// </summary>
[TypeConverter(typeof(SecretTextConverter))]
public sealed class SecretText(string value)
{
    private readonly string _value = value ?? throw new ArgumentNullException(nameof(value));

    public static implicit operator SecretText(string value) => new(value);

    public string Reveal() => _value;

    public override string ToString() => "[secret]";
}

/// <summary>From configuration only: there is no way back to text.</summary>
internal sealed class SecretTextConverter : TypeConverter
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) =>
        sourceType == typeof(string);

    public override bool CanConvertTo(ITypeDescriptorContext? context, Type? destinationType) => false;

    public override object ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? new SecretText(text) : throw GetConvertFromException(value);
}
