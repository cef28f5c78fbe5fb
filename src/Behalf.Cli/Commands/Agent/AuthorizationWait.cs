using Behalf.Cli.Commands.Account;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Agent;

/// <summary>
/// Waits for the first of: the browser at the loopback URL, a typed code, the account turning active by another way, or
/// the link's end. Verifies only with an id or code that came through the first two.
/// </summary>
internal sealed class AuthorizationWait(
    Invocation call,
    BehalfClient behalf,
    ConnectionDetails connection,
    string identifier,
    VerificationListener listener,
    DateTimeOffset endsAt
)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _clock = call.Surroundings.Clock;

    public async Task RunAsync()
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(call.Token);
        await using var progress = WaitingLine.Start(
            call.Surroundings,
            $"Waiting for {identifier} to authorize {connection.ConnectorName}"
        );
        try
        {
            var arrival = listener.NextAsync(over.Token).AsTask();
            var typed = call.Surroundings.Lines.ReadAsync(over.Token);
            var active = BecomesActiveAsync(over.Token);
            var end = EndsAsync(over.Token);
            while (true)
            {
                var first = await Task.WhenAny(arrival, typed, active, end);
                if (first == arrival)
                {
                    if (await FinishAsync(await arrival))
                    {
                        return;
                    }
                    arrival = listener.NextAsync(over.Token).AsTask();
                }
                else if (first == typed)
                {
                    var line = await typed;
                    if (line is not null && await TryTypedAsync(line))
                    {
                        return;
                    }
                    // At the end of input nothing more will be typed; the other ways stay open.
                    typed = line is null
                        ? new TaskCompletionSource<string?>().Task
                        : call.Surroundings.Lines.ReadAsync(over.Token);
                }
                else
                {
                    await first;
                    return;
                }
            }
        }
        finally
        {
            await over.CancelAsync();
        }
    }

    private async Task<bool> FinishAsync(Arrival arrival)
    {
        if (arrival.AuthRequestId is not { } id)
        {
            arrival.Refuse($"{connection.ConnectorName} did not give its consent. You can close this page.");
            throw CommandFailure.Failed($"{connection.ConnectorName} was not authorized: {arrival.Error}.");
        }
        try
        {
            arrival.Redirect(await VerifyAsync(id));
            return true;
        }
        catch (BehalfException failure)
        {
            arrival.Refuse(failure.Message);
            throw;
        }
    }

    private async Task<bool> TryTypedAsync(string line)
    {
        if (!TypedVerification.TryRead(line, listener.State, out var id, out var objection))
        {
            call.Report.Remark(objection);
            return false;
        }
        try
        {
            _ = await VerifyAsync(id);
            return true;
        }
        catch (BehalfException failure)
            when (failure.Kind is BehalfErrorKind.NotFound or BehalfErrorKind.InvalidArgument)
        {
            call.Report.Remark("That code is not known, or was used already.");
            return false;
        }
    }

    /// <summary>Once begun it is not cancelled: its outcome is known before the command ends.</summary>
    private Task<Uri> VerifyAsync(string authRequestId) =>
        behalf.Accounts.VerifyAsync(authRequestId, identifier, CancellationToken.None);

    /// <summary>
    /// Verified elsewhere, or in an environment that needs no verification. Fails when the attempt came to another end, such
    /// as a refusal at the provider, of which the loopback URL hears nothing.
    /// </summary>
    private async Task BecomesActiveAsync(CancellationToken cancellationToken)
    {
        var before = await behalf.Accounts.FindAsync(connection.Name, identifier, cancellationToken);
        while (true)
        {
            await Task.Delay(LookInterval, _clock, cancellationToken);
            var account = await behalf.Accounts.FindAsync(connection.Name, identifier, cancellationToken);
            if (account is { IsActive: true })
            {
                return;
            }
            var hasEnded =
                account is { Status: "PENDING_AUTH", Reason: not null } && account.UpdatedAt != before?.UpdatedAt;
            if (hasEnded)
            {
                throw new CommandFailure(
                    ExitCode.NeedsAuthorization,
                    $"{connection.ConnectorName} was not authorized. {AccountAdvice.Why(account!)} Run the command again for a new link."
                );
            }
        }
    }

    private async Task EndsAsync(CancellationToken cancellationToken)
    {
        var left = endsAt - _clock.GetUtcNow();
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, _clock, cancellationToken);
        throw new CommandFailure(
            ExitCode.NeedsAuthorization,
            $"{identifier} did not authorize {connection.ConnectorName} in time. Run the command again for a new link."
        );
    }
}
