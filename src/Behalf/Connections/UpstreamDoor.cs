using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connectors;
using Behalf.Egress;
using Behalf.Events;
using Behalf.Vault;
using Microsoft.Extensions.Logging;

namespace Behalf.Connections;

/// <summary>Sends one request of a call: recorded first if it writes, with the token in clear for that moment only.</summary>
internal sealed partial class UpstreamDoor(
    IAudit audit,
    IEgress egress,
    IVault vault,
    IAccountStore accounts,
    IEgressOrigins origins,
    ILogger<UpstreamDoor> logger
)
{
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(30);

    public async Task<UpstreamOutcome> SendAsync(
        StartedCall call,
        Uri baseUrl,
        AuthProfile auth,
        UpstreamRequest request,
        Uri uri,
        SealedCredential credential,
        bool isStreamed,
        CancellationToken cancellationToken
    )
    {
        Secret token;
        try
        {
            token = await OpenAsync(credential);
        }
        catch (SealBrokenException broken)
        {
            return await UnreadableAsync(call, credential, broken);
        }

        using (token)
        {
            if (request.Writes)
            {
                Result<Done> recorded = await audit.RequestAsync(call, request.Operation, cancellationToken);
                if (!recorded.Succeeded)
                {
                    return new UpstreamOutcome.Stopped(recorded.Problem);
                }
            }

            using CredentialOnRequest onRequest = CredentialOnRequest.Of(auth, token);
            using HttpContent? content = request.Content?.Invoke();
            EgressRequest sent = new()
            {
                Method = request.Method,
                Uri = uri,
                Origin = baseUrl,
                // A caller that passes headers through may have set the one that is the credential's.
                Headers =
                [
                    .. request.Headers.Where(header =>
                        !header.Key.Equals(onRequest.Credential?.Header, StringComparison.OrdinalIgnoreCase)
                    ),
                ],
                Content = content,
                Credential = onRequest.Credential,
                Scrub = onRequest.Parts,
                Timeout = request.Timeout,
                IdleTimeout = request.IdleTimeout,
                MaxResponseBytes = request.MaxResponseBytes,
            };
            EgressOutcome outcome = isStreamed
                ? await egress.StreamAsync(sent, cancellationToken)
                : await egress.SendAsync(sent, cancellationToken);
            if (outcome is EgressOutcome.Answered or EgressOutcome.Streaming)
            {
                Milestone.Reached(Milestone.UpstreamAnswered, call.Intent.Execution.ToString());
            }

            return Translate(outcome);
        }
    }

    /// <summary>Without any credential, to a host the definition names (itself or below it, on label boundaries).</summary>
    public async Task<UpstreamOutcome> FetchAsync(
        Uri uri,
        IReadOnlyList<string> allowedHosts,
        int maxBytes,
        CancellationToken cancellationToken
    )
    {
        if (!uri.IsAbsoluteUri || uri.UserInfo.Length > 0 || !MayFetch(uri, allowedHosts))
        {
            return new UpstreamOutcome.NotSent("the address is not one the connector may fetch from");
        }

        EgressOutcome outcome = await egress.SendAsync(
            new EgressRequest
            {
                Method = HttpMethod.Get,
                Uri = uri,
                Origin = new Uri(uri.GetLeftPart(UriPartial.Authority)),
                Timeout = FetchTimeout,
                MaxResponseBytes = maxBytes,
            },
            cancellationToken
        );
        return Translate(outcome);
    }

    /// <summary>
    /// A call that lasts may hold the account's key as it was wrapped when it began, and the ring key of then be gone: it is
    /// the same key, and stands wrapped anew in the database.
    /// </summary>
    /// <exception cref="SealBrokenException">The token does not open where it stands.</exception>
    private async Task<Secret> OpenAsync(SealedCredential credential)
    {
        try
        {
            return vault.OpenAccess(credential);
        }
        catch (SealBrokenException)
        {
            SealedCredential? now = await accounts.FindCredentialAsync(
                credential.Key.Environment,
                credential.Key.Account,
                CancellationToken.None
            );
            if (now is null || now.Key.RingKey == credential.Key.RingKey)
            {
                throw;
            }

            return vault.OpenAccess(credential with { Key = now.Key });
        }
    }

    private bool MayFetch(Uri uri, IReadOnlyList<string> allowedHosts)
    {
        string host = uri.IdnHost;
        bool isAllowed = allowedHosts.Any(allowed =>
            string.Equals(host, allowed, StringComparison.OrdinalIgnoreCase)
            || host.EndsWith($".{allowed}", StringComparison.OrdinalIgnoreCase)
        );
        return isAllowed && origins.ProblemWith(uri) is null;
    }

    private static UpstreamOutcome Translate(EgressOutcome outcome) =>
        outcome switch
        {
            EgressOutcome.Answered answered => new UpstreamOutcome.Answered(
                answered.Status,
                answered.Headers,
                answered.Body
            ),
            EgressOutcome.Streaming streaming => new UpstreamOutcome.Streaming(streaming.Answer),
            EgressOutcome.Failed { MayHaveBeenSent: false } failed => new UpstreamOutcome.NotSent(failed.Description),
            EgressOutcome.Failed failed => new UpstreamOutcome.Unknown(failed.Description),
            _ => throw new InvalidOperationException($"Unknown egress outcome {outcome.GetType().Name}."),
        };

    /// <summary>An altered or moved value fails this one account and raises an alert; it is never repaired.</summary>
    private async Task<UpstreamOutcome> UnreadableAsync(
        StartedCall call,
        SealedCredential credential,
        SealBrokenException broken
    )
    {
        Log.Unreadable(logger, call.Intent.Account, broken);
        ConnectedAccount? account = await accounts.FindAsync(
            credential.Key.Environment,
            call.Intent.Account,
            CancellationToken.None
        );
        if (account is not null)
        {
            const string reason = AccountReasons.CredentialUnreadable;
            Traces traces = Traces
                .Of(account.Record("account.expired", "system", reason))
                .With(account.Event(EventTypes.AccountStatusUpdated, AccountState.Expired, reason));
            await accounts.MarkAsync(
                account,
                credential.Generation,
                CredentialStatus.Expired,
                reason,
                traces,
                CancellationToken.None
            );
        }

        return new UpstreamOutcome.Unauthorized(AccountReasons.CredentialUnreadable);
    }

    private static partial class Log
    {
        [LoggerMessage(2501, LogLevel.Critical, "The access token of {Account} does not open where it stands")]
        public static partial void Unreadable(ILogger logger, AccountId account, Exception exception);
    }
}
