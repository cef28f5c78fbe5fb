using Behalf.Connectors.Document;
using Behalf.Connectors.Operations;

namespace Behalf.Connectors;

/// <summary>
/// Writes out <c>operation_tools</c>: a row that names an operation becomes a tool of one request to it. Method, path and
/// scopes come from the operation, a slot takes the input of its name, and the answer is the provider's own.
/// </summary>
internal sealed class OperationToolReader(OperationTable operations, string basePath, string? fullScope)
{
    private const int RowsOfAPage = 100;

    /// <returns>The tool as the document could have had it.</returns>
    public DocumentNode Expand(DocumentNode node)
    {
        Fields fields = new(node, "an operation tool");
        string id = fields.Text("operation");
        Operation operation =
            operations.All.FirstOrDefault(one => one.Id == id)
            ?? throw new DefinitionFault(node.Line, $"there is no operation '{id}'");
        bool paged = fields.Flag("paged");
        Writer write = new(node.Line);
        List<MappingEntry> tool =
        [
            write.Entry("name", fields.Required("name")),
            write.Entry("title", fields.Required("title")),
            write.Entry("category", fields.Required("category")),
            write.Entry("description", Description(fields, operation, write)),
            write.Entry("default", write.Word("false", plain: true)),
            write.Entry("scopes", write.Words(ScopesOf(operation, node.Line))),
            write.Entry("steps", write.List(Request(fields, operation, paged, write))),
            write.Entry("result", write.Map(write.Entry("data", write.Word("=vars.answer")))),
        ];
        tool.AddRange(write.Optional(fields, "hints", "input", "carries"));
        if (paged)
        {
            tool.Add(write.Entry("page", write.Map(write.Entry("next", write.Word("=vars.next")))));
        }

        fields.End();
        return write.Map([.. tool]);
    }

    private static DocumentNode Description(Fields fields, Operation operation, Writer write) =>
        fields.Optional("description")
        ?? write.Word(
            $"{fields.Text("title").TrimEnd('.')}: the provider's own operation {operation.Id}, fields and answer."
        );

    private IEnumerable<string> ScopesOf(Operation operation, int line) =>
        !operation.NeedsFullScope ? operation.NeededScopes.Values
        : fullScope is { } full ? [full]
        : throw new DefinitionFault(line, "the profile has no 'full_scope'");

    private MappingNode Request(Fields fields, Operation operation, bool paged, Writer write)
    {
        string path = operation.Path[basePath.Length..];
        List<MappingEntry> step =
        [
            write.Entry("request", write.Word(operation.Id)),
            write.Entry("method", write.Word(operation.Method.Method)),
            write.Entry("path", write.Word(path)),
            write.Entry("save", write.Word("answer")),
        ];
        if (operation.Method != HttpMethod.Get)
        {
            step.Add(write.Entry("writes", write.Word(operation.Writes ? "true" : "false", plain: true)));
        }

        MappingEntry[] slots =
        [
            .. path.Split('/')
                .Where(segment => segment.StartsWith('{'))
                .Select(segment => segment[1..^1])
                .Select(slot => write.Entry(slot, write.Word($"=args.{slot}"))),
        ];
        if (slots.Length > 0)
        {
            step.Add(write.Entry("slots", write.Map(slots)));
        }

        IReadOnlyList<MappingEntry> query = fields.Entries("query");
        if (paged)
        {
            step.Add(write.Entry("save_next", write.Word("next")));
            query =
            [
                .. query,
                write.Entry("limit", write.Word($"{RowsOfAPage}", plain: true)),
                write.Entry("offset", write.Word("=page.cursor")),
            ];
        }

        if (query.Count > 0)
        {
            step.Add(write.Entry("query", write.Map([.. query])));
        }

        step.AddRange(write.Optional(fields, "json", "form", "select", "on"));
        return write.Map([.. step]);
    }

    /// <summary>Makes nodes that stand at the row's line, so that a fault is told there.</summary>
    private sealed class Writer(int line)
    {
        public MappingEntry Entry(string key, DocumentNode value) => new(key, line, value);

        public ScalarNode Word(string text, bool plain = false) => new(line, text, plain);

        public MappingNode Map(params MappingEntry[] entries) => new(line, entries);

        public SequenceNode List(params DocumentNode[] items) => new(line, items);

        public SequenceNode Words(IEnumerable<string> words) => new(line, [.. words.Select(word => Word(word))]);

        public IEnumerable<MappingEntry> Optional(Fields fields, params string[] keys) =>
            keys.Select(key => (Key: key, Node: fields.Optional(key)))
                .Where(found => found.Node is not null)
                .Select(found => Entry(found.Key, found.Node!));
    }
}
