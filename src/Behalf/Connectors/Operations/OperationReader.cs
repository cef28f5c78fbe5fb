using System.Text.RegularExpressions;
using Behalf.Connectors.Document;

namespace Behalf.Connectors.Operations;

/// <summary>Reads <c>operations</c>: what the provider's whole API needs, also where no tool uses it.</summary>
internal static partial class OperationReader
{
    private const int MaxOperations = 5000;

    private static readonly Dictionary<string, HttpMethod> Methods = new(StringComparer.Ordinal)
    {
        ["GET"] = HttpMethod.Get,
        ["POST"] = HttpMethod.Post,
        ["PUT"] = HttpMethod.Put,
        ["PATCH"] = HttpMethod.Patch,
        ["DELETE"] = HttpMethod.Delete,
    };

    /// <exception cref="DefinitionFault">The first thing that is wrong.</exception>
    public static OperationTable Read(IReadOnlyList<DocumentNode> nodes, string basePath, OAuthProfile oauth)
    {
        if (nodes.Count > MaxOperations)
        {
            throw new DefinitionFault(nodes[0].Line, $"at most {MaxOperations} operations");
        }

        List<Operation> operations = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (DocumentNode node in nodes)
        {
            Operation operation = Read(new Fields(node, "an operation"), basePath, oauth);
            string shape = $"{operation.Method} {Slot().Replace(operation.Path, "{}")}";
            if (!seen.Add(operation.Id) || !seen.Add(shape))
            {
                throw new DefinitionFault(node.Line, $"there are two operations '{operation.Id}', or two for {shape}");
            }

            operations.Add(operation);
        }

        return new OperationTable(operations);
    }

    private static Operation Read(Fields fields, string basePath, OAuthProfile oauth)
    {
        string id = fields.Text("id");
        if (!Id().IsMatch(id))
        {
            throw new DefinitionFault(fields.Line, "an operation's 'id' is 1–100 letters, digits and ._/-");
        }

        string path = fields.Text("path");
        if (!Path().IsMatch(path) || path.Split('/').Any(segment => segment is "." or ".."))
        {
            throw new DefinitionFault(fields.Line, $"'{path}' is not a path of literal segments and {{slots}}");
        }

        HttpMethod method = fields.Choice("method", HttpMethod.Get, Methods);
        Operation operation = new()
        {
            Id = id,
            Method = method,
            Path = basePath + path,
            NeededScopes = ScopeSet.Of(fields.Words("scopes")),
            NeedsFullScope = fields.Flag("full_scope"),
            Writes = fields.Flag("writes", otherwise: method != HttpMethod.Get),
        };
        fields.End();
        return operation.NeedsFullScope && oauth.FullScope is null
            ? throw new DefinitionFault(fields.Line, "the profile has no 'full_scope'")
            : operation;
    }

    [GeneratedRegex("^[A-Za-z0-9._/-]{1,100}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Id();

    [GeneratedRegex(
        "^(/([A-Za-z0-9._~:-]+|\\{[a-zA-Z][a-zA-Z0-9_-]*\\}))+$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Path();

    [GeneratedRegex("\\{[^}]*\\}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Slot();
}
