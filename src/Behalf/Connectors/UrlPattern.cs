using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Behalf.Connectors;

/// <summary>
/// An https address whose host may have slots, such as <c>https://{subdomain}.example.com/api</c>. A slot is exactly one
/// DNS label, so that nothing given for it can name another host; the label it stands before must be written out.
/// </summary>
public sealed partial class UrlPattern
{
    private readonly string[] _labels;
    private readonly string _path;

    private UrlPattern(string text, string[] labels, string path)
    {
        Text = text;
        _labels = labels;
        _path = path;
        Slots = [.. labels.Where(IsSlot).Select(label => label[1..^1])];
    }

    public string Text { get; }

    /// <value>Empty: one address only.</value>
    public IReadOnlyList<string> Slots { get; }

    /// <summary>At least the last two labels are literal: no pattern stands for a whole top-level domain.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out UrlPattern? pattern)
    {
        ArgumentNullException.ThrowIfNull(text);
        pattern = null;
        Match match = Shape().Match(text);
        string[] labels = match.Groups["host"].Value.Split('.');
        string[] slots = [.. labels.Where(IsSlot)];
        bool isPattern =
            match.Success
            && text.Length <= 300
            && labels.Length - slots.Length >= 2
            && slots.Distinct(StringComparer.Ordinal).Count() == slots.Length
            && labels.TakeLast(2).All(label => !IsSlot(label))
            && labels.All(label => IsSlot(label) || Label().IsMatch(label));
        if (isPattern)
        {
            pattern = new UrlPattern(text, labels, match.Groups["path"].Value.TrimEnd('/'));
        }

        return isPattern;
    }

    /// <summary>The address without its slots: what stands for the provider where no value is known. Never called.</summary>
    public Uri Base => new($"https://{string.Join('.', _labels.Where(label => !IsSlot(label)))}{_path}");

    /// <summary>Host label by label, the usual port, the path exactly (a slash at its end aside).</summary>
    public bool Matches(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        string[] labels = url.IsAbsoluteUri ? url.IdnHost.Split('.') : [];
        return url.Scheme == Uri.UriSchemeHttps
            && url is { IsDefaultPort: true, UserInfo: "", Query: "", Fragment: "" }
            && url.AbsolutePath.TrimEnd('/') == _path
            && labels.Length == _labels.Length
            && _labels.Zip(labels).All(pair => IsSlot(pair.First) ? IsLabel(pair.Second) : pair.First == pair.Second);
    }

    /// <returns>Null when a slot has no value, or one that is not a label.</returns>
    public Uri? Fill(Func<string, string?> valueOf)
    {
        ArgumentNullException.ThrowIfNull(valueOf);
        List<string> labels = [];
        foreach (string label in _labels)
        {
            string? value = IsSlot(label) ? valueOf(label[1..^1])?.ToLowerInvariant() : label;
            if (value is null || !IsLabel(value))
            {
                return null;
            }

            labels.Add(value);
        }

        return new Uri($"https://{string.Join('.', labels)}{_path}");
    }

    public static bool IsLabel(string value) => Label().IsMatch(value);

    public override string ToString() => Text;

    private static bool IsSlot(string label) => label.StartsWith('{');

    [GeneratedRegex(
        "^https://(?<host>(\\{[a-z][a-z0-9_]{0,39}\\}|[a-z0-9-]+)(\\.(\\{[a-z][a-z0-9_]{0,39}\\}|[a-z0-9-]+))+)(?<path>(/[A-Za-z0-9._~-]+)*/?)\\z",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Shape();

    [GeneratedRegex(
        "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\z",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Label();
}
