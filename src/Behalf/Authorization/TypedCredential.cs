using System.Text;
using System.Text.Json;
using Behalf.Connectors;

namespace Behalf.Authorization;

/// <summary>One credential from the fields a connector asks for: a key, a token, or <c>user:password</c> (RFC 7617 §2).</summary>
internal static class TypedCredential
{
    /// <value>In bytes of UTF-8, of one field.</value>
    private const int MaxLength = 8 * 1024;

    /// <param name="field">Of the request, for violations: the fields' names stand below it.</param>
    /// <returns>A secret to dispose; or what is wrong, which never holds a value.</returns>
    public static Result<Secret> Of(AuthProfile auth, string field, IReadOnlyDictionary<string, string> values)
    {
        List<FieldViolation> faults =
        [
            .. auth
                .Fields.Select(asked => (asked, Fault: FaultOf(auth, asked, values.GetValueOrDefault(asked.Name, ""))))
                .Where(pair => pair.Fault is not null)
                .Select(pair => new FieldViolation($"{field}.{pair.asked.Name}", pair.Fault!, "credential")),
            .. values
                .Keys.Where(name => auth.Fields.All(asked => asked.Name != name))
                .Select(name => new FieldViolation(
                    field,
                    $"holds a field that the connector does not ask for{AskedBy(auth)}",
                    "unknown"
                )),
        ];
        if (faults.Count > 0)
        {
            return Problem.Invalid("invalid_argument", $"{faults[0].Field}: {faults[0].Description}") with
            {
                Violations = faults,
            };
        }

        return Secret.FromText(WithSettings(auth, values));
    }

    /// <summary>Takes a credential apart again: what goes with requests, and the settings that were typed in beside it.</summary>
    public static (Secret Credential, IReadOnlyDictionary<string, string> Settings) Open(AuthProfile auth, Secret typed)
    {
        string text = typed.RevealText();
        if (auth.Fields.All(field => !field.IsSetting))
        {
            return (Secret.FromText(text), new Dictionary<string, string>());
        }

        string[] parts = text.Split('\n', 2);
        using Secret settings = Secret.FromText(parts[0]);
        return (Secret.FromText(parts[1]), KeptFacts.Read(settings));
    }

    /// <summary>Settings stand on a line before the credential; no field can hold a line break.</summary>
    private static string WithSettings(AuthProfile auth, IReadOnlyDictionary<string, string> values)
    {
        string credential =
            auth.Kind == CredentialKind.None
                ? "none" // stands for the user's consent; never sent
                : string.Join(':', auth.Parts.Select(asked => values.GetValueOrDefault(asked.Name, "").Trim()));
        return auth.Parts.Count() == auth.Fields.Count
            ? credential
            : JsonSerializer.Serialize(
                auth.Fields.Where(field => field.IsSetting)
                    .ToDictionary(field => field.Name, field => values[field.Name].Trim().ToLowerInvariant())
            )
                + '\n'
                + credential;
    }

    /// <summary>The other way round: the fields that a stored credential was made of.</summary>
    /// <returns>Secrets to dispose.</returns>
    public static IReadOnlyDictionary<string, Secret> FieldsOf(AuthProfile auth, Secret credential)
    {
        string[] values = credential.RevealText().Split(':', auth.Fields.Count); // of a user name and password: RFC 7617 §2
        return auth
            .Fields.Zip(values)
            .ToDictionary(pair => pair.First.Name, pair => Secret.FromText(pair.Second), StringComparer.Ordinal);
    }

    private static string AskedBy(AuthProfile auth) =>
        auth.Fields.Count == 0
            ? ""
            : $", which asks for {string.Join(" and ", auth.Fields.Select(field => field.Name))}";

    private static string? FaultOf(AuthProfile auth, CredentialField asked, string value)
    {
        bool isUserName = auth.IsPair && asked == auth.Parts.First();
        bool isPair = auth.IsPair;
        return value.Trim().Length == 0 ? (asked.IsRequired ? "is required" : null)
            : Encoding.UTF8.GetByteCount(value) > MaxLength ? $"is longer than {MaxLength} bytes"
            : value.Any(char.IsControl) ? "holds a control character"
            : asked.IsSetting
                ? (
                    UrlPattern.IsLabel(value.Trim().ToLowerInvariant())
                        ? null
                        : "is letters, digits and hyphens, nothing else"
                )
            : isUserName && value.Contains(':', StringComparison.Ordinal) ? "cannot hold a colon"
            : !isPair && !value.Trim().All(c => c is > ' ' and <= '~') ? "holds a space, or a character beyond ASCII"
            : null;
    }
}
