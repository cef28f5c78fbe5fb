using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Settings;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Session;

internal static class SessionCreateCommand
{
    public static Command Create(CommandShell shell)
    {
        var identifier = Options.Identifier();
        var connections = Options.Many("--connection", "NAME", "Limit it to these connections.");
        var tools = Options.Many("--tool", "TOOL", "Limit it to these tools.");
        var lifetime = new Option<int?>("--ttl")
        {
            Description = "Its life in seconds, 1 to 900 (else 900).",
            HelpName = "SECONDS",
        };
        var output = Options.Out();
        var force = Options.Force();
        return shell.Verb(
            "create",
            "Makes a credential bound to one user and writes it to a private file.",
            [identifier, connections, tools, lifetime, output, force],
            async call =>
            {
                if (call.Get(lifetime) is < 1 or > 900)
                {
                    throw CommandFailure.Usage("--ttl is 1 to 900 seconds.");
                }
                using var file = SecretFile.Reserve(call.Require(output), call.Get(force));
                using var behalf = call.ConnectAsService();
                var session = await behalf.Sessions.CreateAsync(
                    call.Require(identifier),
                    new SessionLimits
                    {
                        Connections = call.Require(connections),
                        Tools = call.Require(tools),
                        Lifetime = call.Get(lifetime) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                    },
                    call.Token
                );
                file.Write(
                    new
                    {
                        EnvironmentUrl = behalf.Server.GetComponents(
                            UriComponents.SchemeAndServer,
                            UriFormat.UriEscaped
                        ),
                        session.Identifier,
                        session.ClientId,
                        ClientSecret = session.ClientSecret.Reveal(),
                        Token = session.Token.Reveal(),
                        session.ExpiresAt,
                    }
                );
                call.Report.Json(
                    new
                    {
                        session.Id,
                        session.Identifier,
                        session.ExpiresAt,
                        File = file.Path,
                    }
                );
                call.Report.Line(
                    $"Session of {session.Identifier} until {When.Until(session.ExpiresAt, call.Surroundings.Clock)}, written to {file.Path}."
                );
                return ExitCode.Ok;
            }
        );
    }
}
