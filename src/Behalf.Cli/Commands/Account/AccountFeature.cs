using System.CommandLine;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Account;

/// <summary>One account: by its id, or by user and connection.</summary>
internal sealed class AccountFeature
{
    private readonly Argument<string?> _id = new("id")
    {
        Description = "The account's id (else --identifier and --connection).",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _identifier = Options.IdentifierFilter();
    private readonly Option<string?> _connection = Options.Connection(
        "Of this connection (needed when there are several)."
    );

    public Symbol[] Symbols => [_id, _identifier, _connection];

    public async Task<ConnectedAccount> FindAsync(Invocation call, BehalfClient behalf)
    {
        var id = call.Get(_id);
        var identifier = call.Get(_identifier);
        if ((id is null) == (identifier is null))
        {
            throw CommandFailure.Usage("Name one account: by its id, or by --identifier and --connection.");
        }
        if (id is not null)
        {
            return await behalf.Accounts.GetAsync(id, call.Token);
        }
        var connection = call.Get(_connection) ?? await ConnectionChoice.OnlyOneAsync(behalf, call.Token);
        return await behalf.Accounts.FindAsync(connection, identifier!, call.Token)
            ?? throw CommandFailure.Failed(
                $"{identifier} has no account at \"{connection}\". Make a link: behalf account link --identifier {identifier} --connection {connection}"
            );
    }
}
