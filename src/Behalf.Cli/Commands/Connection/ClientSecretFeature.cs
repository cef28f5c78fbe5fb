using System.CommandLine;
using Behalf.Cli.Shell;
using Behalf.Client;
using Spectre.Console;

namespace Behalf.Cli.Commands.Connection;

/// <summary>An OAuth client's secret: an option, a file, standard input (<c>-</c>) or a prompt that does not echo.</summary>
internal sealed class ClientSecretFeature
{
    private readonly Option<string?> _value = new("--client-secret")
    {
        Description = "Its secret; other processes may see it: prefer --client-secret-file.",
        HelpName = "SECRET",
    };

    private readonly Option<string?> _file = new("--client-secret-file")
    {
        Description = "A file that holds the secret, or - for standard input.",
        HelpName = "FILE",
    };

    public Option[] Options => [_value, _file];

    /// <param name="isAsked">True: a person at a terminal is asked when no option says it.</param>
    public async Task<SecretText?> ReadAsync(Invocation call, bool isAsked)
    {
        var value = call.Get(_value);
        var file = call.Get(_file);
        if (value is not null && file is not null)
        {
            throw CommandFailure.Usage("Give --client-secret or --client-secret-file, not both.");
        }
        if (value is not null)
        {
            return value;
        }
        if (file is not null)
        {
            var text =
                file == "-"
                    ? await call.Surroundings.In.ReadToEndAsync(call.Token)
                    : await File.ReadAllTextAsync(file, call.Token);
            return text.Trim() is { Length: > 0 } secret
                ? secret
                : throw CommandFailure.Usage($"{file} holds no secret.");
        }
        if (!isAsked)
        {
            return null;
        }
        if (!call.Surroundings.IsInteractive)
        {
            throw CommandFailure.Usage(
                "The secret is missing: give --client-secret-file FILE (or - for standard input)."
            );
        }
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(call.Surroundings.Error) }
        );
        return await console.PromptAsync(new TextPrompt<string>("Client secret:").Secret(null), call.Token);
    }
}
