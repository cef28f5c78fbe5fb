using System.CommandLine;
using System.CommandLine.Parsing;

namespace Behalf.Cli.Shell;

internal static class Usage
{
    /// <summary>The command a line got as far as, such as <c>behalf account link</c>.</summary>
    public static string CommandPath(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult command; result = result.Parent)
        {
            names.Push(command.Command.Name);
        }
        return string.Join(' ', names);
    }

    /// <summary>What is wrong with the line, in one sentence.</summary>
    public static string Objection(ParseResult parsed) =>
        parsed.UnmatchedTokens is [var unknown, ..]
            ? $"`{CommandPath(parsed)}` does not know \"{unknown}\"."
            : parsed.Errors[0].Message;
}
