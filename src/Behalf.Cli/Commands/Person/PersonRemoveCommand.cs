using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Person;

internal static class PersonRemoveCommand
{
    public static Command Create(CommandShell shell)
    {
        var name = new Argument<string>("name") { Description = "As in `behalf person list`." };
        return shell.Verb(
            "remove",
            "Ends someone's sign-in, sessions and clients, and removes the user with all accounts.",
            [name],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                await behalf.People.RemoveAsync(call.Require(name), call.Token);
                call.Report.Json(new { Name = call.Require(name), Removed = true });
                call.Report.Line(
                    $"{call.Require(name)} can no longer sign in; the accounts are revoked. To keep accounts: behalf person set {call.Require(name)} --sign-in off"
                );
                return ExitCode.Ok;
            }
        );
    }
}
