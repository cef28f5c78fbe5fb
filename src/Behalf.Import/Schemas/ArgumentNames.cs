using System.Text.RegularExpressions;
using Behalf.Connectors.Schemas;

namespace Behalf.Import.Schemas;

/// <summary>
/// What an argument is called. A connector's tools have no argument that could name the acting user, a host or a credential
/// (<see cref="IdentityWords"/>): what is a credential is never asked of a model, what is data gets another name.
/// </summary>
internal static partial class ArgumentNames
{
    private static readonly string[] Credentials =
    [
        "authorization",
        "token",
        "access_token",
        "refresh_token",
        "api_key",
        "password",
        "secret",
        "client_id",
        "client_secret",
        "act_as",
        "on_behalf_of",
        "header",
        "headers",
    ];

    /// <exception cref="NotRepresentable">It names a credential, or someone to act as.</exception>
    public static string Of(string name, IReadOnlySet<string> taken)
    {
        if (Credentials.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            throw new NotRepresentable($"it needs '{Words.Line(name, 40)}', which no model is asked for");
        }

        string plain = Plain().IsMatch(name) ? name : Words.Snake(name);
        if (plain.Length == 0)
        {
            throw new NotRepresentable($"the name '{Words.Line(name, 40)}' has no letter of ASCII");
        }

        string cut = plain.Length <= 56 ? plain : plain[..56];
        string own = IdentityWords.Contains(cut) || cut is "confirm" or "cursor" ? $"target_{cut}" : cut;
        string candidate = own;
        for (int number = 2; taken.Contains(candidate); number++)
        {
            candidate = $"{own}_{number}";
        }

        return candidate;
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,56}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Plain();
}
