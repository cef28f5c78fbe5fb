using System.CommandLine;
using Behalf.Cli.Settings;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Person;

internal static class PersonSetCommand
{
    private const string On = "on";

    public static Command Create(CommandShell shell)
    {
        var name = new Argument<string>("name") { Description = "As in `behalf person list`." };
        var display = new Option<string?>("--display-name") { Description = "For people to read.", HelpName = "NAME" };
        var groups = Options.Many("--group", "GROUP", "The groups from now on; --no-groups for none.");
        var noGroups = new Option<bool>("--no-groups") { Description = "In no group any more." };
        var password = new PasswordFeature();
        var newPassword = new Option<bool>("--new-password") { Description = "Asks for a new password." };
        var signIn = new Option<string?>("--sign-in") { Description = "Whether the person may.", HelpName = "on|off" };
        signIn.AcceptOnlyFromAmong(On, "off");
        var totp = new Option<string?>("--totp-out")
        {
            Description = "Sets up another one-time password and writes its key to this private file.",
            HelpName = "FILE",
        };
        var noTotp = new Option<bool>("--no-totp") { Description = "Asks for no one-time password any more." };
        var force = Options.Force();
        return shell.Verb(
            "set",
            "Changes someone who signs in; a new password and --sign-in off end all sessions.",
            [name, display, groups, noGroups, password.Option, newPassword, signIn, totp, noTotp, force],
            async call =>
            {
                using var file = call.Get(totp) is { } path ? SecretFile.Reserve(path, call.Get(force)) : null;
                var key = file is null ? null : TotpFile.NewKey();
                var given = call.Require(groups);
                var change = new SignInPersonChange
                {
                    DisplayName = call.Get(display),
                    Groups =
                        call.Get(noGroups) ? []
                        : given.Length > 0 ? given
                        : null,
                    Password = call.Get(newPassword) || password.IsGiven(call) ? await password.ReadAsync(call) : null,
                    IsEnabled = call.Get(signIn) is { } word ? word == On : null,
                    TotpKey = key,
                    RemoveTotp = call.Get(noTotp),
                };
                if (change == new SignInPersonChange())
                {
                    throw CommandFailure.Usage("Say what to change, for example --group GROUP.");
                }
                using var behalf = call.ConnectAsOperator();
                var changed = await behalf.People.ChangeAsync(call.Require(name), change, call.Token);
                if (file is not null)
                {
                    TotpFile.Write(file, behalf.Server, changed.Name, key!);
                }
                call.Report.Json(changed);
                call.Report.Line($"Changed {changed.Name}.");
                return ExitCode.Ok;
            }
        );
    }
}
