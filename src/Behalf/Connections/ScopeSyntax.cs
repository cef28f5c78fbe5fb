namespace Behalf.Connections;

/// <summary>What a list of scopes may look like (RFC 6749 §3.3).</summary>
internal static class ScopeSyntax
{
    public const int MaxScopes = 200;
    public const int MaxLength = 256;

    public static string Rule => $"must be at most {MaxScopes} scopes of RFC 6749 §3.3";

    public static bool AreScopes(IReadOnlyCollection<string> scopes) =>
        scopes.Count <= MaxScopes && scopes.All(IsScope);

    private static bool IsScope(string scope) =>
        scope.Length is > 0 and <= MaxLength && scope.All(c => c is '!' or (>= '#' and <= '[') or (>= ']' and <= '~'));
}
