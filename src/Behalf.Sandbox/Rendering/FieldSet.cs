namespace Behalf.Sandbox.Rendering;

internal enum Presence
{
    /// <summary>In lists and single reads.</summary>
    Compact,

    /// <summary>In single reads.</summary>
    Full,

    /// <summary>Only when named in <c>opt_fields</c>.</summary>
    OptIn,
}

/// <param name="Read">
/// Gives null, a JSON node, a string, number, boolean, date, an <see cref="Entity"/>, a <see cref="Part"/>, or a sequence
/// of entities or parts.
/// </param>
/// <param name="Of">The fields of what the value holds, when that is known beforehand.</param>
/// <param name="Scopes">Scopes a token needs to see this field at all.</param>
internal sealed record Field(
    string Name,
    Presence Presence,
    Func<View, object, object?> Read,
    Func<FieldSet>? Of,
    IReadOnlyList<string> Scopes
);

/// <summary>A piece of an object that has fields of its own but no gid, such as one place of a task.</summary>
internal sealed record Part(FieldSet Fields, object Value);

/// <summary>What one kind of object shows.</summary>
internal abstract class FieldSet(string? readScope)
{
    /// <summary>What a scoped token needs to read more of such an object than its gid and name through another one.</summary>
    public string? ReadScope { get; } = readScope;

    public Dictionary<string, Field> Fields { get; } = [];
}

internal sealed class FieldSet<T>(string? readScope = null) : FieldSet(readScope)
    where T : class
{
    public FieldSet<T> Compact(string name, Func<View, T, object?> read, Func<FieldSet>? of = null) =>
        Add(name, Presence.Compact, read, of, []);

    public FieldSet<T> Full(
        string name,
        Func<View, T, object?> read,
        Func<FieldSet>? of = null,
        params IReadOnlyList<string> scopes
    ) => Add(name, Presence.Full, read, of, scopes);

    public FieldSet<T> OptIn(
        string name,
        Func<View, T, object?> read,
        Func<FieldSet>? of = null,
        params IReadOnlyList<string> scopes
    ) => Add(name, Presence.OptIn, read, of, scopes);

    private FieldSet<T> Add(
        string name,
        Presence presence,
        Func<View, T, object?> read,
        Func<FieldSet>? of,
        IReadOnlyList<string> scopes
    )
    {
        Fields.Add(name, new Field(name, presence, (view, item) => read(view, (T)item), of, scopes));
        return this;
    }
}
