using System.CommandLine;
using Behalf.Cli.Commands.Revocation;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Connection;

internal static class ConnectionRevokeCommand
{
    public static Command Create(CommandShell shell)
    {
        var name = new Argument<string>("name") { Description = "The connection's name." };
        return shell.Verb(
            "revoke",
            "Stops and revokes every account of a connection; the connection stays.",
            [name],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var stopped = behalf.Revocations.RevokeConnectionAsync(call.Require(name), call.Token);
                await RevokedReport.WriteAsync(call, stopped, $"the connection \"{call.Require(name)}\"");
                return ExitCode.Ok;
            }
        );
    }
}
