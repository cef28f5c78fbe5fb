using System.CommandLine;
using Behalf.Cli.Commands.Revocation;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Environment;

internal static class EnvironmentRevokeCommand
{
    public static Command Create(CommandShell shell)
    {
        var slug = new Argument<string>("slug") { Description = "The environment, as in `behalf env list`." };
        var sure = new Option<bool>("--yes") { Description = "Everybody has to connect anew afterwards: yes." };
        return shell.Verb(
            "revoke",
            "Stops and revokes every account of an environment and ends all users' sessions.",
            [slug, sure],
            async call =>
            {
                if (!call.Get(sure))
                {
                    throw CommandFailure.Usage(
                        $"This disconnects everybody in \"{call.Require(slug)}\". If that is meant, add --yes."
                    );
                }
                using var behalf = call.ConnectAsOperator(call.Require(slug));
                var stopped = behalf.Revocations.RevokeEnvironmentAsync(call.Token);
                await RevokedReport.WriteAsync(call, stopped, $"the environment \"{call.Require(slug)}\"");
                return ExitCode.Ok;
            }
        );
    }
}
