using System.Collections;

namespace Behalf.Cli.Shell;

/// <summary>What a command finds around it: streams, what they are attached to, variables, clock.</summary>
internal sealed class Surroundings
{
    public required TextReader In { get; init; }

    /// <value>The same input as lines, for commands that ask a person while something else goes on.</value>
    public InputLines Lines => field ??= new InputLines(In);

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <value>True: a person reads standard output.</value>
    public required bool OutIsTerminal { get; init; }

    /// <value>True: a person can be asked and can read standard error.</value>
    public required bool IsInteractive { get; init; }

    /// <value>In columns; 80 when unknown.</value>
    public required int Width { get; init; }

    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    public required string HomeFolder { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Null for an absent or empty variable.</summary>
    public string? Variable(string name) => Variables.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <summary>https://no-color.org: any value that is not empty.</summary>
    public bool UsesColour => OutIsTerminal && Variable("NO_COLOR") is null && Variable("TERM") != "dumb";

    public static Surroundings OfProcess() =>
        new()
        {
            In = Console.In,
            Out = Console.Out,
            Error = Console.Error,
            OutIsTerminal = !Console.IsOutputRedirected,
            IsInteractive = !Console.IsInputRedirected && !Console.IsErrorRedirected,
            Width = TerminalWidth(),
            Variables = System
                .Environment.GetEnvironmentVariables()
                .Cast<DictionaryEntry>()
                .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal),
            HomeFolder = System.Environment.GetFolderPath(
                System.Environment.SpecialFolder.UserProfile,
                System.Environment.SpecialFolderOption.DoNotVerify
            ),
        };

    private static int TerminalWidth()
    {
        if (Console.IsOutputRedirected)
        {
            return 80;
        }
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : 80;
        }
        catch (IOException)
        {
            return 80; // a terminal that does not say
        }
    }
}
