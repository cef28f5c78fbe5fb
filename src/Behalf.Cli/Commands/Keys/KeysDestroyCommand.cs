using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Keys;

internal static class KeysDestroyCommand
{
    public static Command Create(CommandShell shell)
    {
        var id = new Argument<string>("key") { Description = "The key's id, as in `behalf keys list`." };
        return shell.Verb(
            "destroy",
            "Destroys a replaced key for good: backups made under it can no longer be opened.",
            [id],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                await behalf.Keys.DestroyAsync(call.Require(id), call.Token);
                call.Report.Json(new { Id = call.Require(id), State = "destroyed" });
                call.Report.Line($"{call.Require(id)} is destroyed.");
                return ExitCode.Ok;
            }
        );
    }
}
