using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Settings;
using Behalf.Client;

namespace Behalf.Cli.Shell;

/// <summary>One run of one command.</summary>
internal sealed class Invocation(CommandShell shell, ParseResult parsed, CancellationToken cancellationToken)
{
    public Surroundings Surroundings => shell.Surroundings;

    public Interrupts Interrupts => shell.Interrupts;

    public CancellationToken Token => cancellationToken;

    public Report Report { get; } = new(shell.Surroundings, parsed.GetValue(shell.Json));

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    /// <summary>True: the command line has it, with or without a value.</summary>
    public bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };

    public T Require<T>(Option<T> option) => parsed.GetRequiredValue(option);

    public T? Get<T>(Argument<T> argument) => parsed.GetValue(argument);

    public T Require<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    /// <summary>The service credential: commands that act for users or manage one environment.</summary>
    public BehalfClient ConnectAsService() => new(Resolve("credentials.json"));

    /// <summary>The operator's credential: environments and clients.</summary>
    /// <param name="environment">Its slug; null: what <c>--environment</c> says.</param>
    public BehalfClient ConnectAsOperator(string? environment = null)
    {
        var options = Resolve("operator.json");
        options.Environment = environment ?? options.Environment;
        return new BehalfClient(options);
    }

    private BehalfClientOptions Resolve(string credentialFile)
    {
        var options = ServerSettings.Resolve(
            new SettingSources
            {
                Server = parsed.GetValue(shell.Server.Server),
                CredentialsFile = parsed.GetValue(shell.Server.Credentials),
                DataFolder = parsed.GetValue(shell.Server.Data),
                DefaultCredentialFile = credentialFile,
            },
            Surroundings,
            Report.Warn
        );
        options.Environment = parsed.GetValue(shell.Server.Environment) ?? "";
        options.TimeProvider = Surroundings.Clock;
        return options;
    }
}
