namespace Behalf.Client;

/// <summary>
/// A client secret or token in clear. It has no text form: <see cref="ToString"/> gives a placeholder, serialisers find
/// no property, and reading it is a named call.
/// </summary>
public sealed class SecretText(string value)
{
    private readonly string _value = value ?? throw new ArgumentNullException(nameof(value));

    public static implicit operator SecretText(string value) => new(value);

    public string Reveal() => _value;

    public override string ToString() => "[secret]";
}
