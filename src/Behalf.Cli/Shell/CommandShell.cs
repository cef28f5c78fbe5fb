using System.CommandLine;

namespace Behalf.Cli.Shell;

/// <summary>What every command shares: the options for server, credentials and output, and one way to run and to fail.</summary>
internal sealed class CommandShell(Surroundings surroundings, Interrupts interrupts)
{
    public Surroundings Surroundings { get; } = surroundings;

    public Interrupts Interrupts { get; } = interrupts;

    public ServerFeature Server { get; } = new();

    public Option<bool> Json { get; } =
        new("--json") { Description = "Answer as JSON on standard output.", Recursive = true };

    public RootCommand Root(string description, params Command[] commands)
    {
        var root = new RootCommand(description);
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
