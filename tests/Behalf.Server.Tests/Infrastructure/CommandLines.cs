extern alias Cli;

using Cli::Behalf.Cli;
using Cli::Behalf.Cli.Shell;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>What a command of the real command line wrote.</summary>
internal sealed record Typed(int Exit, string Out, string Error);

/// <summary>The command line, at a server's own data folder as its operator has it.</summary>
internal static class CommandLines
{
    public static async Task<Typed> BehalfAsync(this TestServer server, params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        string folder = Path.GetDirectoryName(server.DatabaseFile)!;
        int exit = await CommandLine.RunAsync(
            arguments,
            new Surroundings
            {
                In = TextReader.Null,
                Out = output,
                Error = error,
                OutIsTerminal = false,
                IsInteractive = false,
                Width = 80,
                Variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["BEHALF_DATA"] = folder },
                HomeFolder = folder,
                Clock = server.Time,
            }
        );
        return new Typed(exit, output.ToString(), error.ToString());
    }
}
