using System.CommandLine;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Environment;

internal static class EnvironmentAddCommand
{
    public static Command Create(CommandShell shell)
    {
        var slug = new Argument<string>("slug") { Description = "Small letters, digits and hyphens; at most 40." };
        var name = new Option<string?>("--name") { Description = "A name for people.", HelpName = "NAME" };
        var publicUrl = new Option<string?>("--public-url") { Description = "An origin of its own.", HelpName = "URL" };
        var verify = new Option<string?>("--verify")
        {
            Description =
                "Who confirms a connecting person: application (default), hosted, or none (development only).",
            HelpName = "MODE",
        };
        verify.AcceptOnlyFromAmong("application", "hosted", "none");
        var verifyUrl = new Option<string?>("--verify-url")
        {
            Description = "Where people are sent for verification when a link names no place.",
            HelpName = "URL",
        };
        return shell.Verb(
            "add",
            "Adds an environment: its own users, connections and credentials.",
            [slug, name, publicUrl, verify, verifyUrl],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                var added = await behalf.Environments.AddAsync(
                    new NewEnvironment
                    {
                        Slug = call.Require(slug),
                        Name = call.Get(name),
                        PublicUrl = call.Get(publicUrl),
                        VerifyMode = call.Get(verify),
                        DefaultVerifyUrl = call.Get(verifyUrl),
                    },
                    call.Token
                );
                call.Report.Json(added);
                call.Report.Line(
                    $"Added the environment \"{added.Slug}\". Make a credential for it: behalf client add NAME --environment {added.Slug} --out FILE"
                );
                return ExitCode.Ok;
            }
        );
    }
}
