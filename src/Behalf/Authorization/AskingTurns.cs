using Behalf.Connections;
using Behalf.Connectors;
using Microsoft.Extensions.Logging;

namespace Behalf.Authorization;

/// <summary>
/// Whose turn it is to spend a refresh token where the token endpoint was silent (<see cref="SilentEndpoints"/>). Before the
/// first one is spent, a request with a made-up token asks whether anything is answered at all: it costs nobody anything, and
/// the answer is a refusal (RFC 6749 §5.2). Only for providers that rotate: at others no request costs anything.
/// </summary>
internal sealed partial class AskingTurns(
    SilentEndpoints silent,
    TokenEndpoint endpoint,
    TimeProvider time,
    ILogger<AskingTurns> logger
)
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Whoever has a turn says by <see cref="Leave"/> that it is over.</summary>
    /// <returns>Null: the account may ask; else how long to wait at least.</returns>
    public async Task<TimeSpan?> WaitAsync(
        Connection connection,
        OAuthProfile profile,
        AccountId account,
        bool isProbe,
        Deadline deadline
    )
    {
        if (!Costs(profile))
        {
            return null;
        }

        AskingTurn turn = silent.Enter(connection.Id, account, isProbe);
        if (!turn.IsTrial)
        {
            return turn.Wait;
        }

        bool answers = false;
        try
        {
            answers = await AnswersAsync(connection, profile, deadline.Left / 2);
        }
        finally
        {
            if (!answers)
            {
                turn = new AskingTurn(silent.StillSilent(connection.Id, account), IsTrial: false);
            }
        }

        return turn.Wait;
    }

    /// <summary>
    /// For asking again at once. Where other accounts wait for an answer as well, one of them finds out for all whether there
    /// is one: the probe of each is its last.
    /// </summary>
    /// <param name="isInTime">Whether asking again still does no harm.</param>
    public async Task<bool> ComesInTimeAsync(
        Connection connection,
        OAuthProfile profile,
        AccountId account,
        Deadline deadline,
        Func<bool> isInTime
    )
    {
        Leave(connection, account); // what it had the turn for has its outcome
        while (isInTime() && !deadline.IsNear)
        {
            if (await WaitAsync(connection, profile, account, isProbe: true, deadline) is null)
            {
                return isInTime() && !deadline.IsNear;
            }

            await Task.Delay(PollEvery, time, CancellationToken.None);
        }

        return false;
    }

    /// <summary>What came of a request. That the provider says to come later tells nothing of whether it answers others.</summary>
    public void Tell(Connection connection, OAuthProfile profile, AccountId account, TokenAnswer answer)
    {
        if (answer is TokenAnswer.Granted or TokenAnswer.Refused)
        {
            silent.Answered(connection.Id);
        }
        else if (answer is TokenAnswer.Unknown && Costs(profile))
        {
            silent.Unanswered(connection.Id, account);
        }
    }

    public void Leave(Connection connection, AccountId account) => silent.Leave(connection.Id, account);

    private static bool Costs(OAuthProfile profile) => profile.Rotation != RefreshRotation.None;

    private async Task<bool> AnswersAsync(Connection connection, OAuthProfile profile, TimeSpan timeout)
    {
        TokenAnswer answer = await endpoint.RequestTokensAsync(
            connection,
            profile,
            [new("grant_type", "refresh_token"), new("refresh_token", $"behalf-asks-{RandomToken.New()}")],
            [],
            timeout,
            CancellationToken.None
        );
        switch (answer)
        {
            case TokenAnswer.Refused:
                return true;
            case TokenAnswer.Granted { Tokens: var tokens }:
                tokens.Dispose();
                return true;
            case TokenAnswer.Later later:
                Log.NotYet(logger, connection.Id, later.Description);
                return false;
            case TokenAnswer.Unknown unknown:
                Log.NotYet(logger, connection.Id, unknown.Description);
                return false;
            default:
                throw new InvalidOperationException($"Unknown token answer {answer.GetType().Name}.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2253, LogLevel.Information, "The token endpoint of {Connection} is silent still: {Description}")]
        public static partial void NotYet(ILogger logger, ConnectionId connection, string description);
    }
}
