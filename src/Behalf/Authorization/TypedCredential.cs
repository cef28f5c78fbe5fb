using System.Text;
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

        return auth.Kind switch
        {
            CredentialKind.None => Secret.FromText("none"), // stands for the user's consent; never sent
            _ => Secret.FromText(
                string.Join(':', auth.Fields.Select(asked => values.GetValueOrDefault(asked.Name, "").Trim()))
            ),
        };
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
        bool isUserName = auth.Kind == CredentialKind.Basic && asked == auth.Fields[0];
        bool isPair = auth.Kind == CredentialKind.Basic;
        return value.Trim().Length == 0 ? (asked.IsRequired ? "is required" : null)
            : Encoding.UTF8.GetByteCount(value) > MaxLength ? $"is longer than {MaxLength} bytes"
            : value.Any(char.IsControl) ? "holds a control character"
            : isUserName && value.Contains(':', StringComparison.Ordinal) ? "cannot hold a colon"
            : !isPair && !value.Trim().All(c => c is > ' ' and <= '~') ? "holds a space, or a character beyond ASCII"
            : null;
    }
}
