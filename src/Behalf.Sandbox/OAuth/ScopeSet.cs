namespace Behalf.Sandbox.OAuth;

/// <summary>Granted scopes. No scope implies another, except that <c>default</c> opens every operation.</summary>
internal sealed class ScopeSet
{
    public const string Default = "default";
    private readonly SortedSet<string> _scopes;

    private ScopeSet(IEnumerable<string> scopes) => _scopes = new SortedSet<string>(scopes, StringComparer.Ordinal);

    public static ScopeSet Full { get; } = new([Default]);

    public bool IsFull => _scopes.Contains(Default);

    public IReadOnlyCollection<string> Names => _scopes;

    public bool Has(string scope) => IsFull || _scopes.Contains(scope);

    public static ScopeSet Of(IEnumerable<string> scopes) => new(scopes);

    public static ScopeSet Parse(string text) =>
        new(text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    public override string ToString() => string.Join(' ', _scopes);
}
