using System.Text.RegularExpressions;
using Behalf.Connectors.Document;
using Behalf.Connectors.Steps;

namespace Behalf.Connectors;

/// <summary>Reads <c>oauth.tokens</c> and <c>oauth.revocation</c>.</summary>
internal static partial class TokenHabitsReader
{
    private const int MostKept = 10;

    private static readonly Dictionary<string, HttpMethod> Methods = new(StringComparer.Ordinal)
    {
        ["POST"] = HttpMethod.Post,
        ["DELETE"] = HttpMethod.Delete,
    };

    private static readonly Dictionary<string, bool> Requests = new(StringComparer.Ordinal)
    {
        ["form"] = false,
        ["json"] = true,
    };

    private static readonly Dictionary<string, bool> Answers = new(StringComparer.Ordinal)
    {
        ["json"] = false,
        ["form"] = true,
    };

    private static readonly Dictionary<string, RevocationCredential> Credentials = new(StringComparer.Ordinal)
    {
        ["client"] = RevocationCredential.Client,
        ["client_basic"] = RevocationCredential.ClientBasic,
        ["token"] = RevocationCredential.Token,
    };

    /// <summary>What the grant, the client and PKCE set themselves (RFC 6749 §4.1.3, §6; RFC 7636 §4.5).</summary>
    private static readonly string[] Reserved =
    [
        "grant_type",
        "code",
        "redirect_uri",
        "client_id",
        "client_secret",
        "code_verifier",
        "refresh_token",
        "client_assertion",
        "client_assertion_type",
    ];

    public static TokenHabits Read(DocumentNode? node)
    {
        if (node is null)
        {
            return TokenHabits.Standard;
        }

        Fields fields = new(node, "oauth.tokens");
        IReadOnlyList<string> types = fields.Words("types");
        TokenHabits habits = new()
        {
            JsonRequest = fields.Choice("request", false, Requests),
            FormAnswer = fields.Choice("answer", false, Answers),
            Headers = Literals(
                fields,
                "headers",
                name => RequestReader.MaySet(name) && !name.Equals("accept", StringComparison.OrdinalIgnoreCase)
            ),
            Parameters = Literals(
                fields,
                "parameters",
                name =>
                    OAuthProfileReader.ParameterName().IsMatch(name)
                    && !Reserved.Contains(name, StringComparer.OrdinalIgnoreCase)
            ),
            Object = fields.OptionalText("object"),
            Types = types.Count > 0 ? types : TokenHabits.Standard.Types,
            ScopeSeparator = fields.OptionalText("scope_separator"),
            GrantErrors = fields.Words("grant_errors"),
            ClientErrors = fields.Words("client_errors"),
            Keep = Literals(fields, "keep", name => FactName().IsMatch(name)),
        };
        fields.End();
        foreach (string path in habits.Keep.Values)
        {
            if (
                Reserved.Append("access_token").Append("id_token").Contains(path.Split('.')[^1], StringComparer.Ordinal)
            )
            {
                throw new DefinitionFault(node.Line, $"'keep' is for facts; '{path}' is a credential");
            }
        }

        return habits.Keep.Count <= MostKept
            ? habits
            : throw new DefinitionFault(node.Line, $"at most {MostKept} facts are kept");
    }

    public static RevocationHabits Revocation(DocumentNode? node)
    {
        if (node is null)
        {
            return RevocationHabits.Standard;
        }

        Fields fields = new(node, "oauth.revocation");
        RevocationCredential credential = fields.Choice("credential", RevocationCredential.Client, Credentials);
        string? parameter = fields.OptionalText("parameter");
        RevocationHabits habits = new()
        {
            Method = fields.Choice("method", HttpMethod.Post, Methods),
            Parameter = parameter ?? (credential == RevocationCredential.Token ? null : "token"),
            JsonRequest = fields.Choice("request", false, Requests),
            Credential = credential,
        };
        fields.End();
        return habits.Parameter is null || OAuthProfileReader.ParameterName().IsMatch(habits.Parameter)
            ? habits
            : throw new DefinitionFault(node.Line, "'parameter' is the name of a parameter");
    }

    private static Dictionary<string, string> Literals(Fields fields, string key, Func<string, bool> isAllowed) =>
        fields
            .Entries(key)
            .ToDictionary(
                entry =>
                    isAllowed(entry.Key)
                        ? entry.Key
                        : throw new DefinitionFault(entry.Line, $"'{entry.Key}' cannot be set under '{key}'"),
                entry =>
                    Fields.TextOf(entry.Value, entry.Key) is { Length: > 0 and <= 200 } text
                    && text.All(c => c is >= ' ' and <= '~')
                        ? text
                        : throw new DefinitionFault(entry.Line, $"'{entry.Key}' is 1–200 printable characters"),
                StringComparer.Ordinal
            );

    [GeneratedRegex("^[a-z][a-z0-9_]{0,39}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex FactName();
}
