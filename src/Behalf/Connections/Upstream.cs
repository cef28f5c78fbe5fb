using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connectors;
using Behalf.Connectors.Templates;
using Behalf.Vault;
using Newtonsoft.Json.Linq;

namespace Behalf.Connections;

/// <summary>
/// The provider, bound to one started call. The access token is opened right before each request and goes to the base
/// URL's origin only. Safe to call concurrently; after a refresh every further request uses the newer generation.
/// </summary>
internal sealed class Upstream(
    StartedCall call,
    Connection connection,
    ConnectorDefinition definition,
    Uri baseUrl,
    IReadOnlyDictionary<string, string> kept,
    SealedCredential first,
    IAuthorization authorization,
    UpstreamDoor door
) : IUpstream
{
    private volatile SealedCredential _credential = first;

    public ExecutionId Execution => call.Intent.Execution;

    public ConnectionName? ConnectionName => call.Intent.ConnectionName;

    public EnvironmentId? Environment => call.Intent.Subject.Environment;

    public IReadOnlyDictionary<string, string> Kept => kept;

    public Task<UpstreamOutcome> SendAsync(UpstreamRequest request, CancellationToken cancellationToken) =>
        SendAsync(request, isStreamed: false, cancellationToken);

    public Task<UpstreamOutcome> StreamAsync(UpstreamRequest request, CancellationToken cancellationToken) =>
        SendAsync(request, isStreamed: true, cancellationToken);

    public Task<UpstreamOutcome> FetchAsync(
        Uri uri,
        IReadOnlyList<string> allowedHosts,
        int maxBytes,
        CancellationToken cancellationToken
    ) => door.FetchAsync(uri, allowedHosts, maxBytes, cancellationToken);

    private async Task<UpstreamOutcome> SendAsync(
        UpstreamRequest request,
        bool isStreamed,
        CancellationToken cancellationToken
    )
    {
        bool isJoined = request.RawQuery is { } raw
            ? UpstreamPath.TryJoin(baseUrl, request.Path, raw, out Uri? uri)
            : UpstreamPath.TryJoin(baseUrl, request.Path, request.Query, out uri);
        if (!isJoined || uri is null)
        {
            return new UpstreamOutcome.Stopped(
                Problem.Invalid(
                    "path_refused",
                    $"{request.Operation}: the path would leave the connection's base URL."
                ) with
                {
                    Execution = call.Intent.Execution,
                }
            );
        }

        // A long call outlives its token: each request starts with one that is fresh.
        if (await FreshenAsync(_credential, FreshenReason.BeforeUse, cancellationToken) is { } stale)
        {
            return stale;
        }

        SealedCredential used = _credential;
        UpstreamOutcome outcome = await AttemptAsync(used);
        if (!await IsRejectedAsync(outcome))
        {
            return outcome;
        }

        if (await FreshenAsync(used, FreshenReason.Rejected, cancellationToken) is { } gone)
        {
            return gone;
        }

        if (request.Writes && !definition.OAuth.RejectsBeforeEffect)
        {
            return new UpstreamOutcome.Unknown(
                $"{request.Operation}: the provider answered 401, which it may do after a change took effect"
            );
        }

        if (!request.IsRepeatable)
        {
            return new UpstreamOutcome.Stopped(Renewed());
        }

        UpstreamOutcome repeated = await AttemptAsync(_credential);
        return await IsRejectedAsync(repeated)
            ? new UpstreamOutcome.Unauthorized(UpstreamOutcome.Unauthorized.ThoughNew)
            : repeated;

        Task<UpstreamOutcome> AttemptAsync(SealedCredential credential) =>
            door.SendAsync(call, baseUrl, definition.Auth, request, uri, credential, isStreamed, cancellationToken);
    }

    /// <summary>A rejected answer is not given on, so its body ends here.</summary>
    private async Task<bool> IsRejectedAsync(UpstreamOutcome outcome)
    {
        if (outcome is UpstreamOutcome.Streaming { Answer: { Status: 401 } answer })
        {
            await answer.DisposeAsync();
            return true;
        }

        return outcome is UpstreamOutcome.Answered { Status: 401 } || SaysRejected(outcome);
    }

    /// <summary>Some providers say 200 and mean 401; the definition knows by what in the answer.</summary>
    private bool SaysRejected(UpstreamOutcome outcome) =>
        definition.Rules.Rejected is { } rejected
        && outcome is UpstreamOutcome.Answered { Status: 200, Body: var body }
        && Tokens.TryParse(body) is { } answer
        && Tokens.IsTrue(rejected.Evaluate(new JObject { ["body"] = answer }));

    private Problem Renewed() =>
        new(
            ProblemKind.Unavailable,
            "credential_renewed",
            "The provider had ended the credential, which is renewed now. Nothing was carried out; the body was passed through and cannot be sent again from here: send the request again."
        )
        {
            RetryAfter = TimeSpan.FromSeconds(1),
            Execution = call.Intent.Execution,
        };

    public static Problem NotNow(StartedCall call, FreshCredential.Later later) =>
        new(
            ProblemKind.Unavailable,
            "credential_not_ready",
            $"The provider does not renew the credential at the moment ({later.Reason}); try again."
        )
        {
            RetryAfter = later.RetryAfter,
            Execution = call.Intent.Execution,
        };

    /// <returns>Null when a usable credential is in place; else why there is none.</returns>
    private async Task<UpstreamOutcome?> FreshenAsync(
        SealedCredential used,
        FreshenReason reason,
        CancellationToken cancellationToken
    )
    {
        FreshCredential fresh = await authorization.FreshenAsync(used, connection, reason, cancellationToken);
        switch (fresh)
        {
            case FreshCredential.Usable usable:
                if (usable.Credential.Generation > _credential.Generation)
                {
                    _credential = usable.Credential;
                }

                return null;
            case FreshCredential.Refused refused:
                return new UpstreamOutcome.Unauthorized(refused.Reason);
            case FreshCredential.Later { Reason: FreshCredential.JustRenewed } when reason == FreshenReason.Rejected:
                return new UpstreamOutcome.Unauthorized(
                    // Of one that was never renewed, nothing tells that renewing would not help.
                    used.Generation > 1
                        ? UpstreamOutcome.Unauthorized.ThoughNew
                        : AccountReasons.CredentialRejected
                );
            case FreshCredential.Later later:
                return new UpstreamOutcome.Stopped(NotNow(call, later));
            default:
                throw new InvalidOperationException($"Unknown credential outcome {fresh.GetType().Name}.");
        }
    }
}
