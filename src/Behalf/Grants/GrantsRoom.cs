using System.Buffers.Text;
using System.Security.Cryptography;
using Behalf.Audit;
using Behalf.Identity;
using Behalf.People;
using Behalf.Registration;

namespace Behalf.Grants;

/// <summary>The room's one entry.</summary>
internal sealed class GrantsRoom(
    IGrantStore store,
    OwnGrants own,
    RefreshTokens refreshTokens,
    IIdentity identity,
    IPeople people,
    IEndUserStore users,
    IClientRegistry clients,
    TimeProvider time
) : IGrants
{
    private const int CodeLength = 43;

    private static readonly TimeSpan CodeLifetime = TimeSpan.FromSeconds(60);

    /// <value>How long a grant lives without being used.</value>
    private static readonly TimeSpan IdleLifetime = TimeSpan.FromDays(30);

    private static readonly TimeSpan AccessLifetime = TimeSpan.FromMinutes(15);

    /// <value>In which the answer to an exchange may have been lost, or two exchanges have crossed.</value>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private static readonly Problem NotValid = Problem.Invalid(
        "invalid_grant",
        "The code or refresh token is not valid any more. Send the person to sign in again."
    );

    private static readonly Problem PushedBefore = Problem.Invalid(
        "invalid_request",
        "This request_uri has given a code before. Push the request again."
    );

    public async Task<bool> HasConsentAsync(
        BrowserUser user,
        OAuthClient client,
        ScopeSet scopes,
        CancellationToken cancellationToken
    )
    {
        Consent? consent = await store.FindConsentAsync(
            user.Environment,
            user.Identifier,
            client.Id,
            cancellationToken
        );
        return consent is not null
            && consent.Incarnation == user.Epoch.Incarnation
            && consent.Metadata == client.Metadata
            && consent.Scopes.Covers(scopes);
    }

    public Task ConsentAsync(BrowserUser user, OAuthClient client, ScopeSet scopes, CancellationToken cancellationToken)
    {
        Consent consent = new(
            user.Environment,
            user.Identifier,
            client.Id,
            user.Epoch.Incarnation,
            scopes,
            client.Metadata
        );
        AuditDraft record = Record(
            user.Environment,
            "consent.given",
            user.Identifier,
            client.ClientId,
            $"\"{client.Name}\" {scopes}"
        );
        return store.KeepConsentAsync(consent, Traces.Of(record), cancellationToken);
    }

    public async Task<Result<Secret>> BeginAsync(NewGrant wanted, CancellationToken cancellationToken)
    {
        string code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        DateTimeOffset now = time.GetUtcNow();
        Grant grant = new()
        {
            Environment = wanted.User.Environment,
            Id = EntityId.New<GrantId>(time),
            Client = wanted.Client.Id,
            ClientId = wanted.Client.ClientId,
            ClientName = wanted.Client.Name,
            Identifier = wanted.User.Identifier,
            Epoch = wanted.User.Epoch,
            Resource = wanted.Resource,
            Scopes = wanted.Scopes,
            RedirectUri = wanted.RedirectUri,
            CodeChallenge = wanted.CodeChallenge,
            Code = Digest.Of(code),
            CodeExpiresAt = now + CodeLifetime,
            CreatedAt = now,
            ExpiresAt = now + CodeLifetime,
            PushedRequest = wanted.PushedRequest,
        };
        AuditDraft record = Record(
            grant.Environment,
            "grant.begun",
            grant.Identifier,
            grant.ClientId,
            $"{grant.Id} {grant.Scopes} at {grant.Resource}"
        );
        return await store.AddAsync(grant, Traces.Of(record), cancellationToken) ? Secret.FromText(code) : PushedBefore;
    }

    public async Task<Grant?> FindByCodeAsync(string code, CancellationToken cancellationToken)
    {
        if (
            code.Length != CodeLength
            || await store.FindByCodeAsync(Digest.Of(code), cancellationToken) is not { } grant
        )
        {
            return null;
        }

        if (grant.RedeemedAt is not null)
        {
            await RevokeAsync(grant, "code_replayed", cancellationToken);
            return null;
        }

        return grant.CodeExpiresAt > time.GetUtcNow() && await IsLiveAsync(grant, cancellationToken) ? grant : null;
    }

    public async Task<Grant?> FindByRefreshAsync(string refreshToken, CancellationToken cancellationToken)
    {
        if (
            !RefreshTokens.TryParse(refreshToken, out RefreshTokens.Parsed? parsed)
            || await store.FindAsync(parsed.Environment, parsed.Grant, cancellationToken) is not { } grant
            || !await IsLiveAsync(grant, cancellationToken)
        )
        {
            return null;
        }

        if (grant.Refresh == parsed.Digest || IsInGrace(grant, parsed.Digest))
        {
            return grant;
        }

        if (refreshTokens.IsOurs(parsed))
        {
            await RevokeAsync(grant, "refresh_replayed", cancellationToken);
        }

        return null;
    }

    public async Task<Result<GrantTokens>> RedeemAsync(Grant grant, CancellationToken cancellationToken)
    {
        string? refresh = grant.Scopes.Contains(GrantScopes.Offline)
            ? refreshTokens.First(grant.Environment, grant.Id)
            : null;
        DateTimeOffset end = time.GetUtcNow() + (refresh is null ? AccessLifetime : IdleLifetime);
        bool redeemed = await store.RedeemAsync(
            grant.Environment,
            grant.Id,
            refresh is null ? null : Digest.Of(refresh),
            end,
            cancellationToken
        );
        if (!redeemed)
        {
            await RevokeAsync(grant, "code_replayed", cancellationToken);
            return NotValid;
        }

        return await IssueAsync(grant, refresh, cancellationToken);
    }

    public async Task<Result<GrantTokens>> RotateAsync(
        Grant grant,
        string refreshToken,
        CancellationToken cancellationToken
    )
    {
        if (!RefreshTokens.TryParse(refreshToken, out RefreshTokens.Parsed? parsed))
        {
            return NotValid;
        }

        string next = refreshTokens.Next(parsed);
        bool rotated = await store.RotateAsync(
            grant.Environment,
            grant.Id,
            parsed.Digest,
            Digest.Of(next),
            time.GetUtcNow() + IdleLifetime,
            cancellationToken
        );
        if (rotated)
        {
            return await IssueAsync(grant, next, cancellationToken);
        }

        // Somebody with the same token was here a moment ago: the same next one, if it still is the live one.
        Grant? now = await store.FindAsync(grant.Environment, grant.Id, cancellationToken);
        return
            now is not null
            && await IsLiveAsync(now, cancellationToken)
            && IsInGrace(now, parsed.Digest)
            && now.Refresh == Digest.Of(next)
            ? await IssueAsync(now, next, cancellationToken)
            : NotValid;
    }

    public async Task<Grant?> FindLiveAsync(
        EnvironmentId environment,
        GrantId id,
        CancellationToken cancellationToken
    ) =>
        await store.FindAsync(environment, id, cancellationToken) is { EndedAt: null, RedeemedAt: not null } grant
        && await IsTrustedAsync(grant, cancellationToken)
            ? grant
            : null;

    public Task RevokeAsync(Grant grant, string reason, CancellationToken cancellationToken) =>
        store.EndAsync(
            grant.Environment,
            grant.Id,
            reason,
            Traces.Of(
                Record(grant.Environment, "grant.ended", grant.Identifier, grant.ClientId, $"{grant.Id} {reason}")
            ),
            cancellationToken
        );

    public Task<IReadOnlyList<AllowedClient>> ListClientsAsync(BrowserUser user, CancellationToken cancellationToken) =>
        own.ListAsync(user, cancellationToken);

    public Task<bool> EndClientAsync(BrowserUser user, OAuthClientId client, CancellationToken cancellationToken) =>
        own.EndAsync(user, client, cancellationToken);

    public Task CleanAsync(CancellationToken cancellationToken) =>
        store.RemoveEndedAsync(time.GetUtcNow() - TimeSpan.FromDays(1), cancellationToken);

    private async Task<Result<GrantTokens>> IssueAsync(
        Grant grant,
        string? refresh,
        CancellationToken cancellationToken
    )
    {
        Result<IssuedToken> access = await identity.IssueGrantTokenAsync(
            new GrantTokenContent
            {
                Environment = grant.Environment,
                Grant = grant.Id,
                ClientId = grant.ClientId,
                Identifier = grant.Identifier,
                Epoch = grant.Epoch,
                Resource = grant.Resource,
                Scopes = grant.Scopes.Except(ScopeSet.Of([GrantScopes.Offline])),
            },
            AccessLifetime,
            cancellationToken
        );
        return access.To(token => new GrantTokens(token, refresh is null ? null : Secret.FromText(refresh)));
    }

    /// <summary>Not ended, not too old, and of someone who may still sign in and did not sign out.</summary>
    private async Task<bool> IsLiveAsync(Grant grant, CancellationToken cancellationToken) =>
        grant.EndedAt is null
        && grant.ExpiresAt > time.GetUtcNow()
        && await people.GroupsOfAsync(grant.Environment, grant.Identifier, cancellationToken) is not null
        && await users.FindAsync(grant.Environment, grant.Identifier, cancellationToken) == grant.Epoch
        && await IsTrustedAsync(grant, cancellationToken);

    /// <summary>A grant of a client that the settings no longer let in ends when it is met, for good.</summary>
    private async Task<bool> IsTrustedAsync(Grant grant, CancellationToken cancellationToken)
    {
        if (clients.IsTrusted(grant.ClientId))
        {
            return true;
        }

        await RevokeAsync(grant, "client_not_trusted", cancellationToken);
        return false;
    }

    private bool IsInGrace(Grant grant, Digest token) =>
        grant.Replaced == token && grant.ReplacedAt + Grace > time.GetUtcNow();

    private static AuditDraft Record(
        EnvironmentId environment,
        string action,
        Identifier identifier,
        string client,
        string detail
    ) =>
        new()
        {
            Environment = environment,
            Kind = AuditKind.Admin,
            Action = action,
            Identifier = identifier.Value,
            Principal = client,
            Outcome = CallOutcomes.Success,
            Detail = detail,
        };
}
