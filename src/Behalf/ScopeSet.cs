using System.Collections.Immutable;

namespace Behalf;

/// <summary>A set of OAuth scopes (RFC 6749 §3.3), compared as exact strings; its text form is sorted and space separated.</summary>
public sealed class ScopeSet : IEquatable<ScopeSet>
{
    private readonly ImmutableSortedSet<string> _scopes;

    private ScopeSet(ImmutableSortedSet<string> scopes) => _scopes = scopes;

    public static ScopeSet Empty { get; } = new([]);

    public int Count => _scopes.Count;

    public IReadOnlyCollection<string> Values => _scopes;

    public static ScopeSet Of(IEnumerable<string> scopes) =>
        new(scopes.Where(scope => scope.Length > 0).ToImmutableSortedSet(StringComparer.Ordinal));

    /// <summary>Reads a list separated by any of the given characters (providers use spaces or commas).</summary>
    public static ScopeSet Parse(string? text, params ReadOnlySpan<char> separators)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Empty;
        }

        char[] marks = separators.IsEmpty ? [' '] : separators.ToArray();
        return Of(text.Split(marks, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    public bool Contains(string scope) => _scopes.Contains(scope);

    public bool Covers(ScopeSet needed)
    {
        for (int i = 0; i < needed._scopes.Count; i++)
        {
            if (!_scopes.Contains(needed._scopes[i]))
            {
                return false;
            }
        }

        return true;
    }

    public ScopeSet Except(ScopeSet other) => new(_scopes.Except(other._scopes));

    public ScopeSet Union(ScopeSet other) => new(_scopes.Union(other._scopes));

    public bool Equals(ScopeSet? other) => other is not null && _scopes.SetEquals(other._scopes);

    public override bool Equals(object? obj) => Equals(obj as ScopeSet);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());

    public override string ToString() => string.Join(' ', _scopes);
}
