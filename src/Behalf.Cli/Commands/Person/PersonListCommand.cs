using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Person;

internal static class PersonListCommand
{
    public static Command Create(CommandShell shell) =>
        shell.Verb(
            "list",
            "Lists who can sign in.",
            [],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                call.Report.Items(
                    await behalf.People.ListAsync(call.Token),
                    "Nobody can sign in yet. Add someone: behalf person add NAME",
                    new Column<SignInPerson>("PERSON", person => person.Name, KeepsWhole: true),
                    new("NAME", person => person.DisplayName),
                    new("GROUPS", person => person.Groups.Count == 0 ? "-" : string.Join(' ', person.Groups)),
                    new(
                        "SIGNS IN",
                        person => person.Issuer ?? (person.HasOneTimePassword ? "password, code" : "password")
                    ),
                    new("STATE", person => person.IsEnabled ? "enabled" : "disabled"),
                    new("SINCE", person => When.Text(person.CreatedAt))
                );
                return ExitCode.Ok;
            }
        );
}
