using Behalf.Connectors.Document;
using Behalf.Connectors.Templates;

namespace Behalf.Connectors.Steps;

internal static class ErrorRuleReader
{
    public static ErrorRule Read(DocumentNode node)
    {
        Fields fields = new(node, "an error rule");
        string kind = fields.Text("kind");
        if (kind != "none" && !FaultKinds.All.Contains(kind))
        {
            throw new DefinitionFault(node.Line, $"'kind' is none or one of {string.Join(", ", FaultKinds.All)}");
        }

        ErrorRule rule = new()
        {
            Statuses = [.. fields.Words("status").Select(word => Status(word, node.Line))],
            Matches = Pattern(fields),
            Kind = kind == "none" ? null : kind,
            Message = fields.Optional("message") is { } message ? Template.Read(message) : null,
            Quote = fields.Flag("quote"),
        };
        fields.End();
        return rule.Statuses.Count == 0 ? throw new DefinitionFault(node.Line, "an error rule needs 'status'") : rule;
    }

    /// <summary><c>404</c>, or <c>5xx</c> for a hundred.</summary>
    private static int Status(string word, int line) =>
        word is ['2' or '4' or '5', 'x', 'x'] ? word[0] - '0'
        : int.TryParse(word, out int status) && status is >= 200 and <= 599 ? status
        : throw new DefinitionFault(line, $"'{word}' is not a status such as 404 or 5xx");

    private static TextPattern? Pattern(Fields fields) =>
        fields.OptionalText("matches") is not { } pattern
            ? null
            : TextPattern.Read(pattern, ignoreCase: true)
                ?? throw new DefinitionFault(fields.Line, "the pattern cannot run without backtracking");
}
