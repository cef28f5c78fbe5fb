using System.CommandLine;
using Behalf.Cli.Settings;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.McpClient;

internal static class McpClientAddCommand
{
    public static Command Create(CommandShell shell)
    {
        var name = new Argument<string>("name") { Description = "What people read on the consent page." };
        var redirects = Options.Many("--redirect-uri", "URI", "Where the answer goes; exact, but for a loopback port.");
        var output = new Option<string?>("--secret-out")
        {
            Description = "Gives the client a secret and writes it to this private file.",
            HelpName = "FILE",
        };
        var force = Options.Force();
        return shell.Verb(
            "add",
            "Adds a client that neither registers nor describes itself.",
            [name, redirects, output, force],
            async call =>
            {
                using var file = call.Get(output) is { } path ? SecretFile.Reserve(path, call.Get(force)) : null;
                using var behalf = call.ConnectAsOperator();
                var added = await behalf.McpClients.AddAsync(
                    call.Require(name),
                    call.Require(redirects),
                    withSecret: file is not null,
                    call.Token
                );
                file?.Write(new { added.Client.ClientId, ClientSecret = added.ClientSecret!.Reveal() });
                call.Report.Json(added.Client);
                call.Report.Line($"Added {added.Client.Name}: client id {added.Client.ClientId}.");
                return ExitCode.Ok;
            }
        );
    }
}
