using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.User;

/// <summary>Which user: by position, or by <c>--identifier</c> as everywhere else.</summary>
internal sealed class UserFeature
{
    private readonly Argument<string?> _user = new("user")
    {
        Description = "The user, as your application names them.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _identifier = new("--identifier", "--user")
    {
        Description = "The same, by name.",
        HelpName = "USER",
    };

    public Symbol[] Symbols => [_user, _identifier];

    public string Read(Invocation call) =>
        (call.Get(_user), call.Get(_identifier)) switch
        {
            ({ } user, null) => user,
            (null, { } user) => user,
            (null, null) => throw CommandFailure.Usage("Name the user."),
            _ => throw CommandFailure.Usage("Name one user only."),
        };
}
