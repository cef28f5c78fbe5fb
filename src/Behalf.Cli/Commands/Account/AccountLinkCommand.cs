using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Account;

internal static class AccountLinkCommand
{
    public static Command Create(CommandShell shell)
    {
        var identifier = Options.Identifier();
        var connection = Options.Connection("The connection to connect (needed when there are several).");
        var verifyUrl = new Option<string?>("--verify-url")
        {
            Description =
                "Where the person is sent for verification (https or loopback); else a one-time code is shown.",
            HelpName = "URL",
        };
        var state = new Option<string?>("--state")
        {
            Description = "Comes back to the verification URL unchanged.",
            HelpName = "TEXT",
        };
        return shell.Verb(
            "link",
            "Makes a single-use link with which the user connects.",
            [identifier, connection, verifyUrl, state],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var user = call.Require(identifier);
                var name = call.Get(connection) ?? await ConnectionChoice.OnlyOneAsync(behalf, call.Token);
                var link = await behalf.Accounts.CreateLinkAsync(
                    name,
                    user,
                    call.Get(verifyUrl) is { } url ? ParseUrl(url) : null,
                    call.Get(state),
                    call.Token
                );
                call.Report.Json(
                    new
                    {
                        Identifier = user,
                        Connection = name,
                        Link = link.Link.AbsoluteUri,
                        link.ExpiresAt,
                    }
                );
                call.Report.Line(link.Link.AbsoluteUri);
                call.Report.Line(
                    $"For {user} only, once, until {When.Until(link.ExpiresAt, call.Surroundings.Clock)}."
                );
                return ExitCode.Ok;
            }
        );
    }

    private static Uri ParseUrl(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed)
            ? parsed
            : throw CommandFailure.Usage($"--verify-url must be a whole URL, not \"{url}\".");
}
