namespace Behalf.Connectors.Document;

/// <summary>Reads a mapping by its known keys; <see cref="End"/> refuses every key that nobody asked for.</summary>
internal sealed class Fields
{
    private readonly MappingNode _mapping;
    private readonly string _what;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <param name="node">Refused when it is not a mapping.</param>
    /// <param name="what">What it describes, for messages, such as <c>a tool</c>.</param>
    public Fields(DocumentNode node, string what)
    {
        _mapping = node as MappingNode ?? throw new DefinitionFault(node.Line, $"{what} is a mapping");
        _what = what;
    }

    public int Line => _mapping.Line;

    public DocumentNode? Optional(string key)
    {
        _asked.Add(key);
        DocumentNode? found = _mapping.Entries.FirstOrDefault(entry => entry.Key == key)?.Value;
        return found is ScalarNode { IsNull: true } ? null : found;
    }

    public DocumentNode Required(string key) => Optional(key) ?? throw new DefinitionFault(Line, Missing(key));

    private string Missing(string key)
    {
        IEnumerable<string> strangers = _mapping
            .Entries.Select(entry => entry.Key)
            .Where(name => !_asked.Contains(name));
        string hint = NearestName.Of(key, strangers) is { } near ? $"; is '{near}' meant to be it?" : "";
        return $"{_what} needs '{key}'{hint}";
    }

    public string Text(string key) => TextOf(Required(key), key);

    public string? OptionalText(string key) => Optional(key) is { } node ? TextOf(node, key) : null;

    public bool Flag(string key, bool otherwise = false) =>
        Optional(key) is not { } node ? otherwise
        : node is ScalarNode { AsBoolean: { } flag } ? flag
        : throw new DefinitionFault(node.Line, $"'{key}' is true or false");

    public int Number(string key, int otherwise, int least, int most) =>
        Optional(key) is not { } node ? otherwise
        : node is ScalarNode { AsNumber: { } number }
        && number == decimal.Truncate(number)
        && number >= least
        && number <= most
            ? (int)number
        : throw new DefinitionFault(node.Line, $"'{key}' is a whole number from {least} to {most}");

    public IReadOnlyList<DocumentNode> Items(string key) =>
        Optional(key) switch
        {
            null => [],
            SequenceNode sequence => sequence.Items,
            { } node => throw new DefinitionFault(node.Line, $"'{key}' is a list"),
        };

    /// <summary>A list of words, or one word.</summary>
    public IReadOnlyList<string> Words(string key) =>
        Optional(key) switch
        {
            null => [],
            ScalarNode scalar => [scalar.Text],
            SequenceNode sequence => [.. sequence.Items.Select(item => TextOf(item, key))],
            { } node => throw new DefinitionFault(node.Line, $"'{key}' is a word or a list of words"),
        };

    public IReadOnlyList<MappingEntry> Entries(string key) =>
        Optional(key) switch
        {
            null => [],
            MappingNode mapping => mapping.Entries,
            { } node => throw new DefinitionFault(node.Line, $"'{key}' is a mapping"),
        };

    public TEnum Choice<TEnum>(string key, TEnum otherwise, IReadOnlyDictionary<string, TEnum> names)
    {
        if (Optional(key) is not { } node)
        {
            return otherwise;
        }

        return names.TryGetValue(TextOf(node, key), out TEnum? value)
            ? value
            : throw new DefinitionFault(node.Line, $"'{key}' is one of {string.Join(", ", names.Keys)}");
    }

    /// <exception cref="DefinitionFault">There is a key that means nothing here.</exception>
    public void End()
    {
        if (_mapping.Entries.FirstOrDefault(entry => !_asked.Contains(entry.Key)) is not { } unknown)
        {
            return;
        }

        string hint = NearestName.Of(unknown.Key, _asked) is { } near ? $"; did you mean '{near}'?" : "";
        throw new DefinitionFault(unknown.Line, $"{_what} has no key '{unknown.Key}'{hint}");
    }

    public static string TextOf(DocumentNode node, string key) =>
        node is ScalarNode { IsNull: false, Text: var text }
            ? text
            : throw new DefinitionFault(node.Line, $"'{key}' is a text");
}
