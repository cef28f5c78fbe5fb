using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Account;

internal static class ConnectionChoice
{
    /// <summary>The environment's one connection; several have to be told apart by the person.</summary>
    public static async Task<string> OnlyOneAsync(BehalfClient behalf, CancellationToken cancellationToken)
    {
        var names = await behalf
            .Connections.ListAsync(cancellationToken)
            .Where(connection => connection.IsEnabled)
            .Select(connection => connection.Name)
            .ToListAsync(cancellationToken);
        return names switch
        {
            [var only] => only,
            [] => throw CommandFailure.Failed(
                "There is no connection yet. Add one with `behalf connection add CONNECTOR`."
            ),
            _ => throw CommandFailure.Usage(
                $"There are {names.Count} connections; choose one with --connection: {string.Join(", ", names)}."
            ),
        };
    }
}
