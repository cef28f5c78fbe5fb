using System.CommandLine;
using Behalf.Cli.Settings;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Person;

internal static class PersonAddCommand
{
    public static Command Create(CommandShell shell)
    {
        var name = new Argument<string>("name")
        {
            Description = "To sign in with; tools act for the user of this identifier.",
        };
        var display = new Option<string?>("--display-name") { Description = "For people to read.", HelpName = "NAME" };
        var groups = Options.Many("--group", "GROUP", "Groups, for rules.");
        var password = new PasswordFeature();
        var totp = new Option<string?>("--totp-out")
        {
            Description = "Sets up a one-time password and writes its key to this private file.",
            HelpName = "FILE",
        };
        var force = Options.Force();
        return shell.Verb(
            "add",
            "Lets someone sign in at Behalf's own pages.",
            [name, display, groups, password.Option, totp, force],
            async call =>
            {
                using var file = call.Get(totp) is { } path ? SecretFile.Reserve(path, call.Get(force)) : null;
                var key = file is null ? null : TotpFile.NewKey();
                var chosen = await password.ReadAsync(call);
                using var behalf = call.ConnectAsOperator();
                var added = await behalf.People.AddAsync(
                    new NewSignInPerson
                    {
                        Name = call.Require(name),
                        DisplayName = call.Get(display),
                        Groups = call.Require(groups),
                        Password = chosen,
                        TotpKey = key,
                    },
                    call.Token
                );
                if (file is not null)
                {
                    TotpFile.Write(file, behalf.Server, added.Name, key!);
                }
                call.Report.Json(added);
                call.Report.Line($"{added.Name} can sign in at {new Uri(behalf.Server, "/sign-in")}.");
                call.Report.Line($"MCP clients begin at {new Uri(behalf.Server, "/connect-client")}.");
                return ExitCode.Ok;
            }
        );
    }
}
