using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Behalf.Connectors.Document;
using Behalf.Connectors.Operations;
using Behalf.Connectors.Remote;
using Behalf.Connectors.Schemas;
using Behalf.Connectors.Steps;
using Behalf.Connectors.Templates;

namespace Behalf.Connectors;

/// <summary>Reads and checks a whole definition. Pure: the same document always gives the same definition.</summary>
internal static partial class DefinitionReader
{
    private const int MaxTools = 500;

    /// <exception cref="DefinitionFault">The first thing that is wrong.</exception>
    public static ConnectorDefinition Read(string yaml)
    {
        IReadOnlyList<MappingNode> documents = DocumentReader.Read(yaml);
        if (documents.Count == 0)
        {
            throw new DefinitionFault(1, "the definition is empty");
        }

        Fields head = new(documents[0], "a definition");
        if (head.Number("format", 0, 0, 1000) != 1)
        {
            throw new DefinitionFault(head.Line, "'format' is 1");
        }

        string slug = head.Text("slug");
        if (!Slug().IsMatch(slug))
        {
            throw new DefinitionFault(head.Line, "'slug' is 1–20 of a-z and 0-9");
        }

        (ProviderRules rules, string basePath) = Rules(head.Optional("requests"));
        List<MappingEntry> procedures = [];
        List<DocumentNode> tools = [];
        List<DocumentNode> aliases = [];
        Dictionary<string, DocumentNode> schemas = new(StringComparer.Ordinal);
        List<DocumentNode> operations = [];
        List<DocumentNode> operationTools = [];
        string name = head.Text("name");
        string description = head.Text("description");
        UrlPattern? pattern = BasePattern(head);
        Uri baseUrl = pattern?.Base ?? HttpsOrigin(head, "base_url");
        (OAuthProfile oauth, AuthProfile auth) = Auth(head, baseUrl);
        AccountUrlRule? accountUrl = AccountUrlReader.Read(head, pattern, oauth, auth);
        RemoteServer? remote = head.Optional("remote") is { } server ? Remote(server) : null;
        ConnectorListing listing = ListingReader.Read(head.Optional("listing"));
        for (int i = 0; i < documents.Count; i++)
        {
            Fields part = i == 0 ? head : new Fields(documents[i], "a further file");
            part.OptionalText("$schema"); // for editors
            procedures.AddRange(part.Entries("procedures"));
            tools.AddRange(part.Items("tools"));
            aliases.AddRange(part.Items("aliases"));
            foreach (MappingEntry entry in part.Entries("schemas"))
            {
                if (!schemas.TryAdd(entry.Key, entry.Value))
                {
                    throw new DefinitionFault(entry.Line, $"there are two schemas '{entry.Key}'");
                }
            }

            operations.AddRange(part.Items("operations"));
            operationTools.AddRange(part.Items("operation_tools"));
            part.End();
        }

        Dictionary<string, Procedure> compiled = Procedures(procedures, rules, basePath);
        SchemaReader input = new(schemas);
        OperationTable table = OperationReader.Read(operations, basePath, oauth);
        OperationToolReader rows = new(table, basePath, oauth.FullScope);
        tools.AddRange(operationTools.Select(rows.Expand));
        return new ConnectorDefinition
        {
            Revision = Digest.Of(yaml).Hex,
            Slug = slug,
            Name = name,
            Description = description,
            BaseUrl = baseUrl,
            BasePattern = pattern,
            AccountUrl = accountUrl,
            OAuth = oauth,
            Auth = auth,
            Listing = listing,
            Remote = remote,
            Rules = rules,
            BasePath = basePath,
            Procedures = compiled,
            Tools = AliasReader.Attach(
                aliases,
                Tools(tools, rules, basePath, auth, oauth.HasScopes, remote is not null, input, compiled),
                input
            ),
            Operations = table,
        };
    }

    private static UrlPattern? BasePattern(Fields head)
    {
        string text = head.Text("base_url");
        return !text.Contains('{', StringComparison.Ordinal) ? null
            : UrlPattern.TryParse(text, out UrlPattern? pattern) ? pattern
            : throw new DefinitionFault(
                head.Line,
                "'base_url' with slots is https://{slot}.example.com: each slot one whole label, before two literal ones"
            );
    }

    private static (OAuthProfile, AuthProfile) Auth(Fields head, Uri baseUrl)
    {
        DocumentNode? oauth = head.Optional("oauth");
        DocumentNode? auth = head.Optional("auth");
        return (oauth, auth) switch
        {
            ({ } node, null) => (OAuthProfileReader.Read(node, baseUrl), AuthProfile.OAuth),
            (null, { } node) => (OAuthProfile.Unused(baseUrl), AuthProfileReader.Read(node)),
            _ => throw new DefinitionFault(head.Line, "a definition has either 'oauth' or 'auth'"),
        };
    }

    /// <summary>Scopes are of OAuth: with it every tool names what it needs, without it none does.</summary>
    public static void CheckScopes(ToolDefinition tool, AuthProfile auth, bool hasScopes, int line)
    {
        bool granted = auth.Kind == CredentialKind.OAuth && hasScopes;
        if (granted == (tool.NeededScopes.Count == 0))
        {
            throw new DefinitionFault(
                line,
                granted ? $"{tool.Name} names no scope it needs" : $"{tool.Name} names scopes, and nobody grants any"
            );
        }
    }

    private static RemoteServer Remote(DocumentNode node)
    {
        Fields fields = new(node, "remote");
        string path = fields.Text("path");
        fields.End();
        return RemotePath().IsMatch(path) && !path.Split('/').Any(segment => segment is "." or "..")
            ? new RemoteServer(path)
            : throw new DefinitionFault(node.Line, "'path' is where the MCP server answers, from a slash");
    }

    private static (ProviderRules Rules, string BasePath) Rules(DocumentNode? node)
    {
        if (node is null)
        {
            return (ProviderRules.Default, "");
        }

        Fields fields = new(node, "requests");
        string basePath = fields.OptionalText("base_path") ?? "";
        ProviderRules rules = ProviderRules.Default with
        {
            Headers = RequestReader.Headers(fields.Entries("headers")),
            Errors = [.. fields.Items("errors").Select(ErrorRuleReader.Read)],
        };
        if (fields.Optional("select") is { } select)
        {
            rules = rules with { Select = Template.ReadExpression(select, "select") };
        }

        if (fields.Optional("failed") is { } failed)
        {
            rules = rules with { Failed = Template.ReadExpression(failed, "failed") };
        }

        if (fields.Optional("rejected") is { } rejected)
        {
            rules = rules with { Rejected = Template.ReadExpression(rejected, "rejected") };
        }

        if (fields.Optional("message") is { } message)
        {
            rules = rules with { ProviderMessage = Template.ReadExpression(message, "message") };
        }

        if (fields.Optional("pages") is { } pages)
        {
            Fields inner = new(pages, "requests.pages");
            rules = rules with
            {
                Next = Template.ReadExpression(inner.Required("next"), "next"),
                PageParameter = inner.Text("parameter"),
                Items = inner.Optional("items") is { } items
                    ? Template.ReadExpression(items, "items")
                    : ProviderRules.Default.Items,
            };
            inner.End();
        }

        fields.End();
        return basePath.Length == 0 || (basePath[0] == '/' && basePath[^1] != '/')
            ? (rules, basePath)
            : throw new DefinitionFault(node.Line, "'base_path' begins with / and does not end with it");
    }

    private static Dictionary<string, Procedure> Procedures(
        IReadOnlyList<MappingEntry> entries,
        ProviderRules rules,
        string basePath
    )
    {
        Dictionary<string, Procedure> procedures = new(StringComparer.Ordinal);
        Dictionary<string, List<(string Name, int Line)>> calls = new(StringComparer.Ordinal);
        foreach (MappingEntry entry in entries)
        {
            StepReader reader = new(rules, basePath);
            Fields fields = new(entry.Value, $"the procedure '{entry.Key}'");
            fields.OptionalText("description");
            Procedure procedure = reader.Procedure(fields);
            fields.End();
            if (!procedures.TryAdd(entry.Key, procedure))
            {
                throw new DefinitionFault(entry.Line, $"there are two procedures '{entry.Key}'");
            }

            calls[entry.Key] = reader.Calls;
        }

        foreach (string name in calls.Keys)
        {
            CheckEnds(name, calls, [name]);
        }

        return procedures;
    }

    /// <summary>A procedure that reaches itself would never end.</summary>
    private static void CheckEnds(
        string name,
        Dictionary<string, List<(string Name, int Line)>> calls,
        IReadOnlyList<string> path
    )
    {
        foreach ((string called, int line) in calls[name])
        {
            if (!calls.ContainsKey(called))
            {
                throw new DefinitionFault(line, NoProcedure(called, calls.Keys));
            }

            if (path.Contains(called) || path.Count > 10)
            {
                throw new DefinitionFault(line, $"procedures call each other: {string.Join(" → ", path)} → {called}");
            }

            CheckEnds(called, calls, [.. path, called]);
        }
    }

    private static List<ToolDefinition> Tools(
        IReadOnlyList<DocumentNode> nodes,
        ProviderRules rules,
        string basePath,
        AuthProfile auth,
        bool hasScopes,
        bool isRemote,
        SchemaReader schemas,
        IReadOnlyDictionary<string, Procedure> procedures
    )
    {
        if (nodes.Count > MaxTools)
        {
            throw new DefinitionFault(nodes[0].Line, $"at most {MaxTools} tools");
        }

        List<ToolDefinition> tools = [];
        foreach (DocumentNode node in nodes)
        {
            StepReader reader = new(rules, basePath);
            ToolDefinition tool = ToolReader.Read(node, reader, schemas, procedures);
            if (!isRemote && tool.Procedure.Compiled.Steps.Any(step => step is McpStep or McpListStep))
            {
                throw new DefinitionFault(node.Line, $"{tool.Name} calls an MCP server, and 'remote' names none");
            }

            if (reader.Calls.FirstOrDefault(call => !procedures.ContainsKey(call.Name)) is { Name: { } missing } call)
            {
                throw new DefinitionFault(call.Line, NoProcedure(missing, procedures.Keys));
            }

            CheckScopes(tool, auth, hasScopes, node.Line);
            if (tools.Any(other => other.Name == tool.Name))
            {
                throw new DefinitionFault(node.Line, $"there are two tools '{tool.Name}'");
            }

            tools.Add(tool);
        }

        return tools;
    }

    private static string NoProcedure(string name, IEnumerable<string> known) =>
        $"there is no procedure '{name}'"
        + (NearestName.Of(name, known) is { } near ? $"; did you mean '{near}'?" : "");

    /// <summary>https; a loopback address also without, where egress goes only if the operator listed it.</summary>
    public static Uri HttpsOrigin(Fields fields, string key)
    {
        string text = fields.Text(key);
        return
            Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            && uri is { UserInfo: "", Query: "", Fragment: "" }
            ? uri
            : throw new DefinitionFault(fields.Line, $"'{key}' is an https address without user, query or fragment");
    }

    /// <summary>What an approval pins: name, description and schema, length-prefixed.</summary>
    public static string HashOf(string name, string description, JsonObject schema)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in (string[])[name, description, schema.ToJsonString()])
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.LongLength));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    [GeneratedRegex("^/[A-Za-z0-9._~/-]{0,200}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex RemotePath();

    [GeneratedRegex("^[a-z0-9]{1,20}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Slug();
}
