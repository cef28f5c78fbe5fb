using Behalf.Cli.Output;
using Behalf.Client;

namespace Behalf.Cli.Commands.Connection;

/// <summary>What the provider's developer console asks for, each on a line that can be copied whole.</summary>
internal static class Registration
{
    public static void Write(Report report, ConnectionDetails connection)
    {
        report.Line("Redirect URI");
        report.Line(connection.RedirectUri);
        report.Line();
        report.Line($"Scopes ({connection.Scopes.Count})");
        foreach (var scope in connection.Scopes)
        {
            report.Line(scope);
        }
    }

    /// <summary>Providers write scopes with spaces between them, and people copy them so.</summary>
    public static string[] SplitScopes(string text) =>
        text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
