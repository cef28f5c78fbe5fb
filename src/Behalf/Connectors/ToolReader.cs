using System.Text.RegularExpressions;
using Behalf.Connectors.Document;
using Behalf.Connectors.Schemas;
using Behalf.Connectors.Steps;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Connectors;

/// <summary>Reads one tool and checks that its hints tell the truth about its steps.</summary>
internal static partial class ToolReader
{
    private static readonly Dictionary<string, ToolHints> Hints = new(StringComparer.Ordinal)
    {
        ["read_only"] = ToolHints.ReadOnly,
        ["destructive"] = ToolHints.Destructive,
        ["idempotent"] = ToolHints.Idempotent,
        ["changes_access"] = ToolHints.ChangesAccess,
    };

    private static readonly Dictionary<string, RetryClass> Retries = new(StringComparer.Ordinal)
    {
        ["never"] = RetryClass.Never,
        ["rejected"] = RetryClass.Rejected,
    };

    public static ToolDefinition Read(
        DocumentNode node,
        StepReader steps,
        SchemaReader schemas,
        IReadOnlyDictionary<string, Procedure> procedures
    )
    {
        Fields fields = new(node, "a tool");
        string name = NameOf(fields);
        string description = fields.Text("description").Trim();
        if (description.Length is < 10 or > 1500)
        {
            throw new DefinitionFault(node.Line, $"{name}: a description has 10 to 1,500 characters");
        }

        PageRule? page = fields.Optional("page") is { } rule ? Page(rule) : null;
        InputSchema input = schemas.Read(fields.Optional("input"), page is not null);
        ToolHints hints = fields
            .Words("hints")
            .Select(word =>
                Hints.TryGetValue(word, out ToolHints hint)
                    ? hint
                    : throw new DefinitionFault(node.Line, $"{name}: hints are {string.Join(", ", Hints.Keys)}")
            )
            .Aggregate(ToolHints.None, (all, hint) => all | hint);
        ToolDefinition tool = new()
        {
            Name = name,
            Title = fields.Text("title"),
            Description = description,
            Category = fields.Text("category"),
            Hints = hints,
            NeededScopes = ScopeSet.Of(fields.Words("scopes")),
            InputSchema = input.Json,
            Input = input,
            Page = page,
            Carries = fields.Optional("carries") is { } carries ? Carried(carries) : null,
            Procedure = steps.Procedure(fields),
            Hash = DefinitionReader.HashOf(name, description, input.Json),
            IsDefault = fields.Flag("default", otherwise: true),
            Retry = fields.Choice(
                "retry",
                hints.HasFlag(ToolHints.ReadOnly) ? RetryClass.Rejected : RetryClass.Never,
                Retries
            ),
        };
        fields.End();
        Check(tool, node.Line, procedures);
        return tool;
    }

    public static string NameOf(Fields fields)
    {
        string name = fields.Text("name");
        return Name().IsMatch(name)
            ? name
            : throw new DefinitionFault(fields.Line, $"'{name}': a tool's name is 1–43 of a-z, 0-9 and _");
    }

    private static PageRule Page(DocumentNode node)
    {
        Fields fields = new(node, "page");
        PageRule rule = new(Template.ReadExpression(fields.Required("next"), "next"));
        fields.End();
        return rule;
    }

    private static CarriedRequests Carried(DocumentNode node)
    {
        Fields fields = new(node, "carries");
        CarriedRequests carried = new(
            Template.ReadExpression(fields.Required("of"), "of"),
            fields.Text("method"),
            fields.Text("path")
        );
        fields.End();
        return carried;
    }

    private static void Check(ToolDefinition tool, int line, IReadOnlyDictionary<string, Procedure> procedures)
    {
        bool writes = Writes(tool.Procedure.Compiled.Steps, procedures, []);
        if (writes == tool.Hints.HasFlag(ToolHints.ReadOnly))
        {
            throw new DefinitionFault(
                line,
                writes
                    ? $"{tool.Name} writes and says read_only"
                    : $"{tool.Name} writes nothing: give it the hint read_only"
            );
        }

        SchemaNode? confirm = tool.Input!.Root.Properties.FirstOrDefault(one => one.Name == "confirm")?.Schema;
        if (
            tool.Hints.HasFlag(ToolHints.Destructive)
            && tool.IsDefault
            && (confirm?.Enum is not [JValue { Value: true }] || !tool.Input.Root.Required.Contains("confirm"))
        )
        {
            throw new DefinitionFault(
                line,
                $"{tool.Name} is destructive: it needs confirm: {{type: boolean, const: true, required: true}}"
            );
        }
    }

    private static bool Writes(
        IReadOnlyList<Step> steps,
        IReadOnlyDictionary<string, Procedure> procedures,
        HashSet<string> seen
    ) =>
        steps.Any(step =>
            (step.Fallback is { } fallback && Writes(fallback.Steps, procedures, seen))
            || step switch
            {
                RequestStep request => request.Writes,
                McpStep mcp => mcp.Writes,
                GroupStep group => Writes(group.Steps, procedures, seen),
                ForEachStep each => Writes(each.Steps, procedures, seen),
                CallStep call => procedures.TryGetValue(call.Procedure, out Procedure? procedure)
                    && seen.Add(call.Procedure)
                    && Writes(procedure.Compiled.Steps, procedures, seen),
                _ => false,
            }
        );

    [GeneratedRegex("^[a-z][a-z0-9_]{0,42}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}
