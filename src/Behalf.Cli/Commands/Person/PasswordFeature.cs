using System.CommandLine;
using Behalf.Cli.Shell;
using Behalf.Client;
using Spectre.Console;

namespace Behalf.Cli.Commands.Person;

/// <summary>A password: a file, standard input (<c>-</c>) or a prompt that does not echo. Never an argument.</summary>
internal sealed class PasswordFeature
{
    private readonly Option<string?> _file = new("--password-file")
    {
        Description = "A file that holds the password, or - for standard input; else it is asked for.",
        HelpName = "FILE",
    };

    public Option Option => _file;

    public bool IsGiven(Invocation call) => call.Get(_file) is not null;

    public async Task<SecretText> ReadAsync(Invocation call)
    {
        if (call.Get(_file) is { } file)
        {
            var text =
                file == "-"
                    ? await call.Surroundings.In.ReadToEndAsync(call.Token)
                    : await File.ReadAllTextAsync(file, call.Token);
            return text.TrimEnd('\r', '\n') is { Length: > 0 } password
                ? password
                : throw CommandFailure.Usage($"{file} holds no password.");
        }
        if (!call.Surroundings.IsInteractive)
        {
            throw CommandFailure.Usage("The password is missing: give --password-file FILE (or - for standard input).");
        }
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(call.Surroundings.Error) }
        );
        return await console.PromptAsync(
            new TextPrompt<string>("Password (at least 12 characters):").Secret(null),
            call.Token
        );
    }
}
