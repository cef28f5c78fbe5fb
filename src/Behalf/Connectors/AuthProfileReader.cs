using System.Text.RegularExpressions;
using Behalf.Connectors.Document;
using Behalf.Connectors.Steps;

namespace Behalf.Connectors;

/// <summary>Reads <c>auth</c>: credentials that a person types in rather than grants.</summary>
internal static partial class AuthProfileReader
{
    private static readonly Dictionary<string, CredentialKind> Kinds = new(StringComparer.Ordinal)
    {
        ["api_key"] = CredentialKind.ApiKey,
        ["bearer"] = CredentialKind.Bearer,
        ["basic"] = CredentialKind.Basic,
        ["none"] = CredentialKind.None,
    };

    public static AuthProfile Read(DocumentNode node)
    {
        Fields fields = new(node, "auth");
        fields.Required("type");
        CredentialKind kind = fields.Choice("type", CredentialKind.None, Kinds);
        List<CredentialField> asked = [.. fields.Items("fields").Select(Field)];
        List<CredentialField> settings = [.. asked.Where(field => field.IsSetting)];
        asked.RemoveAll(field => field.IsSetting);
        AuthProfile profile = kind switch
        {
            CredentialKind.ApiKey => ApiKey(fields),
            CredentialKind.Bearer => Headed(AuthProfile.AuthorizationHeader, Prefix(fields, AuthProfile.BearerPrefix)),
            CredentialKind.Basic => Headed(AuthProfile.AuthorizationHeader, AuthProfile.BasicPrefix),
            _ => new AuthProfile { Kind = kind },
        };
        profile = profile with
        {
            Kind = kind,
            Fields = [.. settings, .. asked.Count > 0 ? asked : DefaultFields(kind)],
        };
        fields.End();
        int most = kind switch
        {
            CredentialKind.Basic => 2,
            CredentialKind.None => 0,
            _ => 1,
        };
        bool distinct = profile.Fields.Select(field => field.Name).Distinct().Count() == profile.Fields.Count;
        return profile.Parts.Count() == most && distinct
            ? profile
            : throw new DefinitionFault(
                node.Line,
                most == 2 ? "basic has two 'fields': user name and password"
                    : most == 1 ? "the credential is one field of 'fields'"
                    : "none has no 'fields'"
            );
    }

    private static AuthProfile ApiKey(Fields fields)
    {
        string? query = fields.OptionalText("query");
        string? header = fields.OptionalText("header");
        if (query is not null && header is not null)
        {
            throw new DefinitionFault(fields.Line, "an API key goes in a 'header' or in the 'query', not in both");
        }

        if (query is not null && !ParameterName().IsMatch(query))
        {
            throw new DefinitionFault(fields.Line, "'query' is the name of a parameter");
        }

        return query is not null
            ? new AuthProfile { Kind = CredentialKind.ApiKey, QueryParameter = query }
            : Headed(HeaderName(fields, header ?? AuthProfile.AuthorizationHeader), Prefix(fields, ""));
    }

    private static AuthProfile Headed(string header, string prefix) =>
        new()
        {
            Kind = CredentialKind.ApiKey,
            Header = header,
            Prefix = prefix,
        };

    private static string HeaderName(Fields fields, string name) =>
        name.Equals(AuthProfile.AuthorizationHeader, StringComparison.OrdinalIgnoreCase) || RequestReader.MaySet(name)
            ? name
            : throw new DefinitionFault(fields.Line, $"'{name}' is not a header that may carry a credential");

    private static string Prefix(Fields fields, string otherwise)
    {
        string prefix = fields.OptionalText("prefix") ?? otherwise;
        return prefix.Length <= 40 && prefix.All(c => c is >= ' ' and <= '~')
            ? prefix
            : throw new DefinitionFault(fields.Line, "'prefix' is at most 40 printable characters");
    }

    private static CredentialField Field(DocumentNode node)
    {
        Fields fields = new(node, "a field");
        CredentialField field = new(
            fields.Text("name"),
            Bounded(fields, "label", 100) ?? fields.Text("name"),
            Bounded(fields, "hint", 300),
            fields.Flag("secret", otherwise: true),
            fields.Flag("required", otherwise: true)
        );
        if (fields.Flag("setting"))
        {
            field = field with { IsSetting = true, IsSecret = false, IsRequired = true };
        }

        fields.End();
        return FieldName().IsMatch(field.Name)
            ? field
            : throw new DefinitionFault(node.Line, $"'{field.Name}': a field's name is 1–40 of a-z, 0-9 and _");
    }

    private static string? Bounded(Fields fields, string key, int most) =>
        fields.OptionalText(key) is not { } text ? null
        : text.Length is > 0 && text.Length <= most ? text
        : throw new DefinitionFault(fields.Line, $"'{key}' has 1 to {most} characters");

    private static IReadOnlyList<CredentialField> DefaultFields(CredentialKind kind) =>
        kind switch
        {
            CredentialKind.ApiKey => [new("api_key", "API key", null, IsSecret: true, IsRequired: true)],
            CredentialKind.Bearer => [new("token", "Token", null, IsSecret: true, IsRequired: true)],
            CredentialKind.Basic =>
            [
                new("username", "User name", null, IsSecret: false, IsRequired: true),
                new("password", "Password", null, IsSecret: true, IsRequired: true),
            ],
            _ => [],
        };

    [GeneratedRegex("^[a-z][a-z0-9_]{0,39}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex FieldName();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9._-]{0,63}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ParameterName();
}
