using Behalf.Cli.Commands.Account;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Agent;

/// <summary>Which account a run needs, and the way to it: link, wait, verification.</summary>
internal sealed class Connecting(Invocation call, BehalfClient behalf, string identifier)
{
    private static readonly TimeSpan WithdrawalPatience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Null when the user has an active account (of the connection, when one is named); else the connection to authorize.
    /// </summary>
    public async Task<ConnectionDetails?> FindMissingAsync(string? connection)
    {
        var accounts = await behalf
            .Accounts.ListAsync(new AccountQuery { Identifier = identifier, ConnectionName = connection }, call.Token)
            .ToListAsync(call.Token);
        if (accounts.Any(account => account.IsActive))
        {
            return null;
        }
        var known = accounts.Select(account => account.ConnectionName).Distinct(StringComparer.Ordinal).ToArray();
        var name = connection ?? (known is [var one] ? one : await ConnectionChoice.OnlyOneAsync(behalf, call.Token));
        return await behalf.Connections.GetAsync(name, call.Token);
    }

    /// <summary>For whoever cannot wait: the link on standard output; the page it leads to shows a code to verify with.</summary>
    public async Task<int> HandOverAsync(ConnectionDetails connection)
    {
        var link = await behalf.Accounts.CreateLinkAsync(connection.Name, identifier, cancellationToken: call.Token);
        call.Report.JsonLine(
            new
            {
                Event = "authorization_required",
                Connection = connection.Name,
                AuthorizationLink = link.Link.AbsoluteUri,
                link.ExpiresAt,
            }
        );
        call.Report.Line($"Authorize {connection.ConnectorName}: {link.Link.AbsoluteUri}");
        call.Report.Remark(
            $"{identifier} must authorize {connection.ConnectorName} first. Then run: behalf account verify --identifier {identifier} --code CODE"
        );
        return ExitCode.NeedsAuthorization;
    }

    /// <summary>Shows the link and waits until the account is active.</summary>
    public async Task WaitAsync(ConnectionDetails connection)
    {
        await using var listener = VerificationListener.Start(call.Surroundings.Clock);
        var link = await behalf.Accounts.CreateLinkAsync(
            connection.Name,
            identifier,
            listener.Url,
            listener.State,
            call.Token
        );
        call.Report.JsonLine(
            new
            {
                Event = "authorization_required",
                Connection = connection.Name,
                AuthorizationLink = link.Link.AbsoluteUri,
                link.ExpiresAt,
            }
        );
        call.Report.Line($"Authorize {connection.ConnectorName}: {link.Link.AbsoluteUri}");
        call.Report.Remark(
            "If the browser is on another machine, paste the address it ends at (or the code it shows) here. Ctrl-C stops."
        );
        try
        {
            var wait = new AuthorizationWait(call, behalf, connection, identifier, listener, link.ExpiresAt);
            await wait.RunAsync();
        }
        catch (OperationCanceledException) when (call.Token.IsCancellationRequested)
        {
            throw new CommandFailure(call.Interrupts.StoppedExitCode, await WithdrawAsync(link));
        }
        call.Report.Remark($"{identifier} is connected to {connection.ConnectorName}.");
    }

    /// <summary>Nobody waits for the link any more, so nobody shall follow it: it would end at this command's dead port.</summary>
    /// <returns>What became of it, for the person who stopped.</returns>
    private async Task<string> WithdrawAsync(AuthorizationLink link)
    {
        using CancellationTokenSource patience = new(WithdrawalPatience, call.Surroundings.Clock);
        try
        {
            await behalf.Accounts.WithdrawLinkAsync(link.Link, patience.Token);
            return "Stopped. Nothing was connected, and the link no longer works.";
        }
        catch (BehalfException failure) when (failure.Kind == BehalfErrorKind.NotFound)
        {
            return $"Stopped, but the link was at its end already. What came of it says: behalf account show --identifier {identifier}";
        }
        catch (Exception failure) when (failure is BehalfException or OperationCanceledException)
        {
            return $"Stopped. The link could not be taken back ({failure.Message}); it ends at {When.Until(link.ExpiresAt, call.Surroundings.Clock)}.";
        }
    }
}
