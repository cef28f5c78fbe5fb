using System.Text.Json;
using Behalf.Audit;
using Behalf.Connections;
using Behalf.Egress;
using Behalf.Vault;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>
/// Carries revocation jobs out (RFC 7009): revoked upstream with the provider's proof, or not because another live
/// account shares the grant, or given up after 72 hours; in each case recorded and shredded.
/// </summary>
internal sealed partial class Revoker(
    IRevocationStore store,
    IAccountStore accounts,
    IRefreshStore refreshes,
    FlowContexts contexts,
    TokenEndpoint endpoint,
    IVault vault,
    WorkSignal signal,
    IOptions<BehalfOptions> options,
    SharedClock clock,
    ILogger<Revoker> logger
)
{
    public const string SharedGrant = "not_revoked_shared_grant";

    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(72);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    public async Task RevokeAsync(RevocationJob job, CancellationToken cancellationToken)
    {
        FlowContext? context = await contexts.FindForRevocationAsync(
            job.Environment,
            job.Connection,
            cancellationToken
        );
        if (await EndsWithoutRequestAsync(job, context, cancellationToken) is { } proof)
        {
            if (job.Attempts > 0)
            {
                await TryWhoConnectedMeanwhileAsync(job, cancellationToken); // an attempt before may have been carried out
            }

            Telemetry.Revoked("finished");
            await FinishAsync(job, context, proof, cancellationToken);
            return;
        }

        string? answer = await AskAsync(job, context!, cancellationToken);
        await TryWhoConnectedMeanwhileAsync(job, cancellationToken);
        if (answer is not null)
        {
            Telemetry.Revoked("finished");
            await FinishAsync(job, context, answer, cancellationToken);
        }
        else if (clock.UtcNow - job.CreatedAt >= GiveUpAfter)
        {
            Log.GivenUp(logger, job.Id);
            Telemetry.Revoked("given_up");
            await FinishAsync(job, context, "given_up_after_72_hours", cancellationToken);
        }
        else
        {
            Telemetry.Revoked("later");
            await store.RetryAsync(job, Pause(job.Attempts), cancellationToken);
        }
    }

    private async Task<string?> EndsWithoutRequestAsync(
        RevocationJob job,
        FlowContext? context,
        CancellationToken cancellationToken
    )
    {
        if (context is null)
        {
            return "connection_removed";
        }

        if (OAuthEndpoints.Revoke(context.Connection, context.Profile) is null)
        {
            return "no_revocation_endpoint";
        }

        return await IsSharedAsync(job, cancellationToken) ? SharedGrant : null;
    }

    /// <summary>
    /// Some providers end every grant of a user to an OAuth client at once: never while a live account may live by it, also
    /// this job's own, connected anew.
    /// </summary>
    private async Task<bool> IsSharedAsync(RevocationJob job, CancellationToken cancellationToken) =>
        await accounts.CountSharingGrantAsync(
            job.Environment,
            job.Connection,
            job.Account,
            job.ProviderUserKey,
            cancellationToken
        ) > 0;

    /// <summary>
    /// Nobody can hold a person back from connecting while the provider is being asked. An account that became live
    /// meanwhile may have lost its grant to that request: it is refreshed as soon as it may be, so that it works on, or says why not.
    /// </summary>
    private async Task TryWhoConnectedMeanwhileAsync(RevocationJob job, CancellationToken cancellationToken)
    {
        if (
            await refreshes.HastenAsync(
                job.Environment,
                job.Connection,
                job.Account,
                job.ProviderUserKey,
                cancellationToken
            )
            is > 0
                and var count
        )
        {
            Log.ConnectedMeanwhile(logger, job.Id, count);
            signal.Wake();
        }
    }

    /// <returns>The proof, or null when it must be tried again.</returns>
    private async Task<string?> AskAsync(RevocationJob job, FlowContext context, CancellationToken cancellationToken)
    {
        Secret token;
        try
        {
            token = vault.Open(job.Key, RevocationJobs.Place(job.Environment, job.Connection, job.Id), job.TokenSealed);
        }
        catch (SealBrokenException broken)
        {
            Log.Unreadable(logger, job.Id, broken);
            return "token_unreadable";
        }

        using (token)
        {
            return await SendAsync(job, context, token, cancellationToken);
        }
    }

    private async Task<string?> SendAsync(
        RevocationJob job,
        FlowContext context,
        Secret token,
        CancellationToken cancellationToken
    )
    {
        EgressOutcome outcome;
        try
        {
            outcome = await endpoint.RevokeAsync(
                context.Connection,
                context.Profile,
                token,
                job.TokenKind,
                options.Value.TokenRequestTimeout,
                cancellationToken
            );
        }
        catch (SealBrokenException broken)
        {
            // The connection's, which can be set anew: the token waits for that.
            Log.ClientSecretUnreadable(logger, job.Connection, broken);
            return null;
        }

        if (outcome is EgressOutcome.Answered)
        {
            Milestone.Reached(Milestone.RevokeAnswered, job.Account.ToString());
        }

        switch (outcome)
        {
            case EgressOutcome.Answered answered when IsAlreadyInvalid(answered, context.Profile.Tokens):
                return "provider_says_already_invalid";
            case EgressOutcome.Answered { Status: 200 or 204 } answered when ErrorOf(answered) is null:
                return $"provider_status_{answered.Status}";
            case EgressOutcome.Answered answered:
                Log.NotYet(logger, job.Id, $"the provider answered {answered.Status}");
                return null;
            case EgressOutcome.Failed failed:
                Log.NotYet(logger, job.Id, failed.Description);
                return null;
            default:
                throw new InvalidOperationException($"Unknown egress outcome {outcome.GetType().Name}.");
        }
    }

    /// <summary>
    /// RFC 7009 §2.2 answers 200 for an invalid token; some providers answer 400 with one of these instead, or refuse with
    /// a status that says success.
    /// </summary>
    private static bool IsAlreadyInvalid(EgressOutcome.Answered answer, Connectors.TokenHabits habits) =>
        answer.Status is 200 or 400 or 404
        && ErrorOf(answer) is { } error
        && (error is "invalid_token" or "invalid_grant" || habits.GrantErrors.Contains(error, StringComparer.Ordinal));

    /// <returns>The answer's error code; null: it names none.</returns>
    private static string? ErrorOf(EgressOutcome.Answered answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            return
                document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("error", out JsonElement error)
                && error.ValueKind == JsonValueKind.String
                ? error.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task FinishAsync(
        RevocationJob job,
        FlowContext? context,
        string proof,
        CancellationToken cancellationToken
    )
    {
        ConnectedAccount? account = await accounts.FindAsync(job.Environment, job.Account, cancellationToken);
        var record = new AuditDraft
        {
            Environment = job.Environment,
            Kind = AuditKind.Admin,
            Action = "account.revoked_upstream",
            Identifier = account?.Identifier.Value,
            Principal = "system",
            Connection = context?.Connection.Name.Value,
            Account = job.Account,
            Outcome = proof,
        };
        await store.FinishAsync(job, proof, Traces.Of(record), cancellationToken);
    }

    private static TimeSpan Pause(int attempts)
    {
        TimeSpan pause = FirstPause * Math.Pow(2, Math.Min(attempts, 10));
        return pause < LongestPause ? pause : LongestPause;
    }

    private static partial class Log
    {
        [LoggerMessage(2301, LogLevel.Warning, "{Job} is not revoked yet: {Description}")]
        public static partial void NotYet(ILogger logger, RevocationJobId job, string description);

        [LoggerMessage(
            2306,
            LogLevel.Warning,
            "While {Job} was asked for, {Count} accounts of the same provider user connected: they are refreshed as soon as they may be"
        )]
        public static partial void ConnectedMeanwhile(ILogger logger, RevocationJobId job, int count);

        [LoggerMessage(2302, LogLevel.Error, "{Job} could not be revoked in 72 hours; its token is shredded")]
        public static partial void GivenUp(ILogger logger, RevocationJobId job);

        [LoggerMessage(2303, LogLevel.Critical, "The token of {Job} does not open where it stands")]
        public static partial void Unreadable(ILogger logger, RevocationJobId job, Exception exception);

        [LoggerMessage(
            2304,
            LogLevel.Critical,
            "The client secret of {Connection} does not open where it stands: nothing of it can be revoked until it is set anew"
        )]
        public static partial void ClientSecretUnreadable(ILogger logger, ConnectionId connection, Exception exception);
    }
}
