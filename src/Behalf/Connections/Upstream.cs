using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connectors;
using Behalf.Vault;

namespace Behalf.Connections;

/// <summary>
/// The provider, bound to one started call. The access token is opened right before each request and goes to the base
/// URL's origin only. Safe to call concurrently; after a refresh every further request uses the newer generation.
/// </summary>
internal sealed class Upstream(
    StartedCall call,
    Connection connection,
    ConnectorDefinition definition,
    SealedCredential first,
    IAuthorization authorization,
    UpstreamDoor door
) : IUpstream
{
    private const string Rejected = "credential_rejected";
    private volatile SealedCredential _credential = first;

    public StartedCall Call => call;

    public async Task<UpstreamOutcome> SendAsync(UpstreamRequest request, CancellationToken cancellationToken)
    {
        if (!UpstreamPath.TryJoin(connection.BaseUrl, request.Path, request.Query, out Uri? uri))
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
        UpstreamOutcome outcome = await door.SendAsync(
            call,
            connection,
            definition.Auth,
            request,
            uri,
            used,
            cancellationToken
        );
        if (outcome is not UpstreamOutcome.Answered { Status: 401 })
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

        UpstreamOutcome repeated = await door.SendAsync(
            call,
            connection,
            definition.Auth,
            request,
            uri,
            _credential,
            cancellationToken
        );
        return repeated is UpstreamOutcome.Answered { Status: 401 }
            ? new UpstreamOutcome.Unauthorized(Rejected)
            : repeated;
    }

    public Task<UpstreamOutcome> FetchAsync(
        Uri uri,
        IReadOnlyList<string> allowedHosts,
        int maxBytes,
        CancellationToken cancellationToken
    ) => door.FetchAsync(uri, allowedHosts, maxBytes, cancellationToken);

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
                return new UpstreamOutcome.Unauthorized(Rejected);
            case FreshCredential.Later later:
                return new UpstreamOutcome.Stopped(NotNow(call, later));
            default:
                throw new InvalidOperationException($"Unknown credential outcome {fresh.GetType().Name}.");
        }
    }
}
