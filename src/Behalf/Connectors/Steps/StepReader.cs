using System.Text.RegularExpressions;
using Behalf.Connectors.Document;
using Behalf.Connectors.Templates;

namespace Behalf.Connectors.Steps;

/// <summary>Reads steps. Procedures they call are collected, so that the reader of the whole can check that they exist and end.</summary>
internal sealed partial class StepReader(ProviderRules rules, string basePath)
{
    private const int MaxSteps = 60;
    private const int MaxHeaders = 50;

    /// <value>Names of procedures called, with the line.</value>
    public List<(string Name, int Line)> Calls { get; } = [];

    public IReadOnlyList<Step> Read(IReadOnlyList<DocumentNode> nodes) =>
        nodes.Count > MaxSteps
            ? throw new DefinitionFault(nodes[0].Line, $"at most {MaxSteps} steps in a list")
            : [.. nodes.Select(Step)];

    private Step Step(DocumentNode node)
    {
        Fields fields = new(node, "a step");
        string kind = node is MappingNode { Entries: [{ Key: var first }, ..] } ? first : "";
        Step step = kind switch
        {
            "request" => new RequestReader(this, rules, basePath).Read(fields),
            "mcp" => Mcp(fields),
            "mcp_list" when fields.Flag("mcp_list") => new McpListStep
            {
                Line = fields.Line,
                Save = Variable(fields, "save"),
            },
            "call" => Call(fields),
            "lookup" => Lookup(fields),
            "set" => new SetStep { Line = fields.Line, Values = Pairs(fields, "set") },
            "for_each" => ForEach(fields),
            "fetch" => Fetch(fields),
            "fail" => Fail(fields),
            "note" => new NoteStep { Line = fields.Line, Message = Template.Read(fields.Required("note")) },
            "do" => new GroupStep { Line = fields.Line, Steps = Read(fields.Items("do")) },
            _ => throw new DefinitionFault(
                fields.Line,
                "a step begins with request, mcp, call, lookup, set, for_each, fetch, fail, note or do"
            ),
        };
        step = step with { When = Condition(fields), Fallback = Fallback(fields) };
        fields.End();
        return step;
    }

    public static Expression? Condition(Fields fields) =>
        fields.Optional("when") is { } node ? Template.ReadExpression(node, "when") : null;

    public Fallback? Fallback(Fields fields)
    {
        if (fields.Optional("fallback") is not { } node)
        {
            return null;
        }

        Fields inner = new(node, "a fallback");
        IReadOnlyList<string> kinds = inner.Words("on");
        if (kinds.Count == 0 || kinds.FirstOrDefault(kind => !FaultKinds.Recoverable.Contains(kind)) is not null)
        {
            throw new DefinitionFault(node.Line, $"'on' names some of {string.Join(", ", FaultKinds.Recoverable)}");
        }

        Fallback fallback = new(kinds, Read(inner.Items("steps")));
        inner.End();
        return fallback;
    }

    private static McpStep Mcp(Fields fields)
    {
        string tool = fields.Text("mcp");
        string pin = fields.Text("pin");
        return tool.Length is 0 or > 128 || tool.Any(c => c is < ' ' or > '~') || !Pin().IsMatch(pin)
            ? throw new DefinitionFault(
                fields.Line,
                "'mcp' is the server's name of a tool, and 'pin' the hash that it was accepted with"
            )
            : new McpStep
            {
                Line = fields.Line,
                Tool = tool,
                Pin = pin,
                Arguments = fields.Optional("arguments") is { } arguments ? Template.Read(arguments) : null,
                Headers = Headers(fields),
                Writes = fields.Flag("writes", otherwise: true),
                Save = Variable(fields, "save"),
            };
    }

    private static McpHeader[] Headers(Fields fields)
    {
        McpHeader[] headers =
        [
            .. fields.Entries("headers").Select(entry => new McpHeader(entry.Key, PathOf(entry.Value))),
        ];
        bool areNames = headers.Length <= MaxHeaders && headers.All(header => HeaderName().IsMatch(header.Name));
        return
            areNames
            && headers.DistinctBy(header => header.Name, StringComparer.OrdinalIgnoreCase).Count() == headers.Length
            ? headers
            : throw new DefinitionFault(
                fields.Line,
                $"'headers' maps at most {MaxHeaders} names of headers, each once, to arguments"
            );
    }

    private static string[] PathOf(DocumentNode node)
    {
        string[] path = node is SequenceNode list
            ? [.. list.Items.Select(item => Fields.TextOf(item, "headers"))]
            : [Fields.TextOf(node, "headers")];
        return path.Length is > 0 and <= 10 && path.All(name => name.Length > 0)
            ? path
            : throw new DefinitionFault(
                node.Line,
                "a header repeats an argument: its name, or the names that lead to it"
            );
    }

    private CallStep Call(Fields fields)
    {
        string name = fields.Text("call");
        Calls.Add((name, fields.Line));
        return new CallStep
        {
            Line = fields.Line,
            Procedure = name,
            With = Pairs(fields, "with"),
            Save = Variable(fields, "save"),
        };
    }

    private LookupStep Lookup(Fields fields)
    {
        string kind = fields.Text("lookup");
        Procedure? byId = null;
        if (fields.Optional("by_id") is { } node)
        {
            Fields inner = new(node, "by_id");
            byId = Procedure(inner);
            inner.End();
        }

        return new LookupStep
        {
            Line = fields.Line,
            Kind = kind,
            Plural = fields.OptionalText("plural") ?? $"{kind}s",
            Of = Template.ReadExpression(fields.Required("of"), "of"),
            Ids = [.. fields.Items("ids").Select(item => Template.ReadExpression(item, "ids"))],
            ById = byId,
            Candidates = [.. fields.Items("candidates").Select(Source)],
            Name = Computed(fields, "name", "name"),
            Id = Computed(fields, "id", "id"),
            Aliases = fields.Optional("aliases") is { } aliases ? Template.ReadExpression(aliases, "aliases") : null,
            Label = fields.Optional("label") is { } label ? Template.ReadExpression(label, "label") : null,
            Where = fields.Optional("where") is { } where ? Template.Read(where) : null,
            Save = Variable(fields, "save") ?? kind,
        };
    }

    private LookupSource Source(DocumentNode node)
    {
        Fields fields = new(node, "a source of candidates");
        LookupSource source = new(
            Condition(fields),
            Read(fields.Items("steps")),
            Template.ReadExpression(fields.Required("items"), "items"),
            Fallback(fields)
        );
        fields.End();
        return source;
    }

    private ForEachStep ForEach(Fields fields) =>
        new()
        {
            Line = fields.Line,
            Items = Template.ReadExpression(fields.Required("for_each"), "for_each"),
            As = Variable(fields, "as") ?? "item",
            Max = fields.Number("max", 25, 1, 100),
            Steps = Read(fields.Items("steps")),
            Result = fields.Optional("result") is { } result ? Template.Read(result) : null,
            Save = Variable(fields, "save") ?? "outcomes",
            RecordFaults = fields.Flag("record_faults", otherwise: true),
        };

    private static FetchStep Fetch(Fields fields)
    {
        IReadOnlyList<string> hosts = fields.Words("hosts");
        return hosts.Count == 0 || hosts.Any(host => !HostName().IsMatch(host))
            ? throw new DefinitionFault(fields.Line, "'hosts' lists the host names that may be fetched from")
            : new FetchStep
            {
                Line = fields.Line,
                Url = Template.ReadExpression(fields.Required("fetch"), "fetch"),
                Hosts = hosts,
                MaxBytes = fields.Number("max_bytes", 1024 * 1024, 1, 100 * 1024 * 1024),
                Save = Variable(fields, "save") ?? "file",
            };
    }

    private static FailStep Fail(Fields fields)
    {
        string kind = fields.Text("fail");
        return FaultKinds.All.Contains(kind)
            ? new FailStep
            {
                Line = fields.Line,
                Kind = kind,
                Message = Template.Read(fields.Required("message")),
            }
            : throw new DefinitionFault(fields.Line, $"'fail' is one of {string.Join(", ", FaultKinds.All)}");
    }

    /// <summary>Reads <c>steps</c> and <c>result</c>.</summary>
    public Procedure Procedure(Fields fields)
    {
        IReadOnlyList<DocumentNode> steps = fields.Items("steps");
        DocumentNode? result = fields.Optional("result");
        return new Procedure
        {
            Compiled = new CompiledProcedure(Read(steps), result is null ? null : Template.Read(result)),
        };
    }

    public static IReadOnlyList<(string Name, Template Value)> Pairs(Fields fields, string key) =>
        [
            .. fields
                .Entries(key)
                .Select(entry =>
                    VariableName().IsMatch(entry.Key)
                        ? (entry.Key, Template.Read(entry.Value))
                        : throw new DefinitionFault(entry.Line, $"'{entry.Key}' is not a name (a-z, 0-9, _)")
                ),
        ];

    public static string? Variable(Fields fields, string key) =>
        fields.OptionalText(key) is not { } name ? null
        : VariableName().IsMatch(name) ? name
        : throw new DefinitionFault(fields.Line, $"'{key}' is a name of a-z, 0-9 and _");

    private static Expression Computed(Fields fields, string key, string otherwise) =>
        fields.Optional(key) is { } node ? Template.ReadExpression(node, key) : new Expression(otherwise, fields.Line);

    [GeneratedRegex(
        "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}\\z",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    )]
    private static partial Regex HeaderName();

    [GeneratedRegex("^[0-9a-f]{64}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Pin();

    [GeneratedRegex("^[a-z][a-z0-9_]{0,63}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex VariableName();

    [GeneratedRegex(
        "^([a-z0-9-]+\\.)+[a-z]{2,}$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex HostName();
}
