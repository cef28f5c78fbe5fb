namespace Behalf.Server.AuthorizationServer;

/// <summary>Where a browser goes on after sign-in: one of our own pages, or nowhere.</summary>
internal static class ReturnPath
{
    public const string Parameter = "return";
    public const string Default = "/connect-client";

    private const int MaxLength = 16 * 1024;

    private static readonly string[] Pages = [ServerPaths.Authorize + "?", "/magicLink/", AccessPage.Path, Default];

    public static string Of(string? given) =>
        given is { Length: <= MaxLength }
        && Pages.Any(page => given.StartsWith(page, StringComparison.Ordinal))
        && given.All(c => c is > ' ' and < '\x7f' and not '\\')
            ? given
            : Default;

    public static string SignInPage(string path) => $"/sign-in?{Parameter}={Uri.EscapeDataString(path)}";
}
