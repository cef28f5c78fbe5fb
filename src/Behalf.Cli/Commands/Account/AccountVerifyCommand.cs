using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Account;

internal static class AccountVerifyCommand
{
    public static Command Create(CommandShell shell)
    {
        var identifier = Options.Identifier();
        var request = new Option<string?>("--request")
        {
            Description = "The auth_request_id that came to the verification URL.",
            HelpName = "ID",
        };
        var code = new Option<string?>("--code")
        {
            Description = "The one-time code our page showed the person.",
            HelpName = "CODE",
        };
        return shell.Verb(
            "verify",
            "Confirms that the person who gave consent is this user. A wrong user ends the attempt.",
            [identifier, request, code],
            async call =>
            {
                var id = (call.Get(request), call.Get(code)) switch
                {
                    ({ } given, null) => given.Trim(),
                    (null, { } shown) => shown.Trim(),
                    _ => throw CommandFailure.Usage("Give one of --request ID and --code CODE."),
                };
                using var behalf = call.ConnectAsService();
                var user = call.Require(identifier);
                var next = await behalf.Accounts.VerifyAsync(id, user, call.Token);
                call.Report.Json(
                    new
                    {
                        Identifier = user,
                        Verified = true,
                        RedirectUrl = next.AbsoluteUri,
                    }
                );
                call.Report.Line($"Verified: the account of {user} is connected.");
                return ExitCode.Ok;
            }
        );
    }
}
