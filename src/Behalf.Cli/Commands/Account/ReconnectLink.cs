using Behalf.Client;

namespace Behalf.Cli.Commands.Account;

internal static class ReconnectLink
{
    /// <summary>
    /// A link for the account that stands in the way: of the named connection, else of the user's one inactive account,
    /// else of the environment's one connection. Null when it is not clear which.
    /// </summary>
    public static async Task<Uri?> FindAsync(
        BehalfClient behalf,
        string identifier,
        string? connection,
        CancellationToken cancellationToken
    )
    {
        connection ??= await ChooseAsync(behalf, identifier, cancellationToken);
        if (connection is null)
        {
            return null;
        }
        var link = await behalf.Accounts.CreateLinkAsync(connection, identifier, cancellationToken: cancellationToken);
        return link.Link;
    }

    private static async Task<string?> ChooseAsync(
        BehalfClient behalf,
        string identifier,
        CancellationToken cancellationToken
    )
    {
        var accounts = await behalf
            .Accounts.ListAsync(new AccountQuery { Identifier = identifier }, cancellationToken)
            .ToListAsync(cancellationToken);
        var inactive = accounts.Where(account => !account.IsActive).Select(account => account.ConnectionName).ToArray();
        if (inactive is [var one])
        {
            return one;
        }
        if (inactive.Length > 1)
        {
            return null;
        }
        var connections = await behalf.Connections.ListAsync(cancellationToken).ToListAsync(cancellationToken);
        return connections is [var only] ? only.Name : null;
    }
}
