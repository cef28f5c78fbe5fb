using System.CommandLine;
using System.CommandLine.Help;

namespace Behalf.Cli.Shell;

/// <summary>What every command shares: the options for server, credentials and output, and one way to run and to fail.</summary>
internal sealed class CommandShell(Surroundings surroundings, Interrupts interrupts)
{
    public Surroundings Surroundings { get; } = surroundings;

    public Interrupts Interrupts { get; } = interrupts;

    public ServerFeature Server { get; } = new();

    public Option<bool> Json { get; } =
        new("--json") { Description = "Answer as JSON on standard output.", Recursive = true };

    /// <remarks>Not a RootCommand, whose name would be the executable's rather than what people type.</remarks>
    public Command Root(string description, params Command[] commands)
    {
        var root = new Command("behalf", description);
        root.Options.Add(
            new HelpOption { Action = new HelpAction { MaxWidth = Math.Clamp(Surroundings.Width, 80, 120) } }
        );
        root.Options.Add(new VersionOption());
        foreach (var option in Server.Options.Append(Json))
        {
            root.Options.Add(option);
        }
        foreach (var command in commands)
        {
            root.Subcommands.Add(command);
        }
        return root;
    }

    public Command Noun(string name, string description, params Command[] verbs)
    {
        var noun = new Command(name, description);
        foreach (var verb in verbs)
        {
            noun.Subcommands.Add(verb);
        }
        return noun;
    }

    public Command Verb(string name, string description, IReadOnlyList<Symbol> symbols, Func<Invocation, Task<int>> run)
    {
        var verb = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                verb.Arguments.Add(argument);
            }
            else
            {
                verb.Options.Add((Option)symbol);
            }
        }
        verb.SetAction((parsed, token) => Failures.GuardAsync(new Invocation(this, parsed, token), run));
        return verb;
    }
}
