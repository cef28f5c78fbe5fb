using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Events;
using Behalf.Vault;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>
/// Exchanges a confirmed flow's code (RFC 6749 §4.1.3), one request, and makes the tokens the account's next generation.
/// Tokens that cannot become that are revoked upstream.
/// </summary>
internal sealed partial class CodeExchange(
    TokenEndpoint endpoint,
    Introspection introspection,
    IFlowStore flows,
    IAccountStore accounts,
    FlowEnding ending,
    GrantedTokens granted,
    OwnClients ownClients,
    ProviderIdentity identity,
    RevocationJobs jobs,
    IVault vault,
    PublicUrls urls,
    IOptions<BehalfOptions> options,
    SharedClock clock,
    TimeProvider time,
    ILogger<CodeExchange> logger
)
{
    public async Task<Result<Uri>> RunAsync(AuthorizationFlow flow, FlowContext context)
    {
        using var deadline = new Deadline(time, options.Value.TokenRequestTimeout);
        DateTimeOffset asked = clock.UtcNow;
        TokenAnswer answer;
        try
        {
            answer = await RequestAsync(flow, context);
        }
        catch (SealBrokenException broken)
        {
            Log.Unreadable(logger, flow.Id, broken);
            answer = new TokenAnswer.Refused(AccountReasons.CredentialUnreadable);
        }

        switch (answer)
        {
            // Nothing is lost by refusing it: the person is there and can begin again.
            case TokenAnswer.Granted { Tokens: { HasOddLifetime: true } odd }:
                odd.Dispose();
                Log.NotExchanged(logger, flow.Id, "the token answer's lifetime is out of bounds");
                return await FailAsync(flow, context, AccountReasons.CodeExpired);
            case TokenAnswer.Granted { Tokens: var tokens }:
                using (tokens)
                {
                    Milestone.Reached(Milestone.TokensReceived, flow.Id.ToString());
                    try
                    {
                        return await KeepAsync(flow, context, tokens, asked, deadline);
                    }
#pragma warning disable CA1031 // tokens in hand: whatever failed before their owner was known, they go no further
                    catch (Exception exception)
#pragma warning restore CA1031
                    {
                        Log.NotStored(logger, flow.Id, exception);
                        return GiveBack(flow, context, tokens, null);
                    }
                }

            case TokenAnswer.Refused refused:
                if (refused.IsAboutTheClient)
                {
                    Log.ClientRefused(logger, context.Connection.Id, refused.Error);
                }

                return await FailAsync(
                    flow,
                    context,
                    refused.Error == "invalid_grant" ? AccountReasons.CodeExpired : refused.Error
                );
            case TokenAnswer.Later later:
                Log.NotExchanged(logger, flow.Id, later.Description);
                return await FailAsync(flow, context, AccountReasons.CodeExpired);
            case TokenAnswer.Unknown unknown:
                Log.NotExchanged(logger, flow.Id, unknown.Description);
                return await FailAsync(flow, context, AccountReasons.CodeExpired);
            default:
                throw new InvalidOperationException($"Unknown token answer {answer.GetType().Name}.");
        }
    }

    /// <summary>Where the browser goes once all is done.</summary>
    public Uri Landing(FlowContext context) => urls.ConnectedPage(context.Environment);

    public static Problem Failed(string reason) =>
        reason switch
        {
            FlowOutcomes.ConnectionChanged => AuthorizationRequest.ConnectionChanged(),
            FlowOutcomes.AccountUrlRefused => new Problem(
                ProblemKind.FailedPrecondition,
                FlowOutcomes.AccountUrlRefused,
                "The provider named an address for this account that its connector does not allow. Nothing was kept."
            ),
            FlowOutcomes.ProviderUserChanged => new Problem(
                ProblemKind.FailedPrecondition,
                FlowOutcomes.ProviderUserChanged,
                "The account is pinned to another user of the provider. Ask for a link that allows another one."
            ),
            _ => new Problem(
                ProblemKind.FailedPrecondition,
                "failed_to_exchange_token",
                $"The provider did not give tokens for this code ({reason}). Ask the application for a new link."
            ),
        };

    private async Task<TokenAnswer> RequestAsync(AuthorizationFlow flow, FlowContext context)
    {
        if (!context.Profile.IsUsed)
        {
            // Typed in, not granted: there is nobody to ask, and the token set takes the secret over.
            using Secret typed = vault.Open(flow.CodePlace(), flow.CodeSealed!);
            (Secret credential, IReadOnlyDictionary<string, string> settings) = TypedCredential.Open(
                context.Auth,
                typed
            );
            return new TokenAnswer.Granted(
                new TokenSet
                {
                    AccessToken = credential,
                    Scopes = ScopeSet.Empty,
                    Kept = settings,
                }
            );
        }

        if (context.Profile.Grant == OAuthGrant.ClientCredentials)
        {
            using Secret pair = vault.Open(flow.CodePlace(), flow.CodeSealed!);
            return await ownClients.AskAsync(
                context.Connection,
                context.Profile,
                flow.Scopes,
                pair,
                options.Value.TokenRequestTimeout
            );
        }

        using Secret code = vault.Open(flow.CodePlace(), flow.CodeSealed!);
        using Secret verifier = vault.Open(flow.VerifierPlace(), flow.VerifierSealed!);
        List<KeyValuePair<string, string>> form =
        [
            new("grant_type", "authorization_code"),
            new("code", code.RevealText()),
            new("redirect_uri", flow.RedirectUri),
        ];
        if (context.Profile.Pkce)
        {
            form.Add(new("code_verifier", verifier.RevealText()));
        }

        return await endpoint.RequestTokensAsync(
            context.Connection,
            context.Profile,
            form,
            [code, verifier],
            options.Value.TokenRequestTimeout,
            CancellationToken.None
        );
    }

    private async Task<Result<Uri>> KeepAsync(
        AuthorizationFlow flow,
        FlowContext context,
        TokenSet tokens,
        DateTimeOffset asked,
        Deadline deadline
    )
    {
        if (AccountUrl.Of(context.Definition, context.Connection, tokens.Kept) is null)
        {
            return await LoseAsync(flow, context, tokens, null, FlowOutcomes.AccountUrlRefused);
        }

        (ScopeSet scopes, string source) = await ReadScopesAsync(flow, context, tokens, deadline);
        tokens = await WithUserAsync(context, tokens, deadline);
        string? providerUser = ProviderUser.Key(vault, context.Connection, tokens.UserId);
        try
        {
            return await StoreAsync(flow, context, tokens, scopes, source, providerUser, asked, deadline);
        }
#pragma warning disable CA1031 // tokens in hand: whatever failed, they are stored, or on their way out, or given back
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.NotStored(logger, flow.Id, exception);
            return GiveBack(flow, context, tokens, providerUser);
        }
    }

    /// <summary>
    /// Some providers end every grant of a user at once, and only the database tells whether a live account shares this one:
    /// the tokens wait for it, sealed. Whose they are must be known for that.
    /// </summary>
    private Problem GiveBack(AuthorizationFlow flow, FlowContext context, TokenSet tokens, string? providerUser)
    {
        if (
            providerUser is null
            || !jobs.TryAddInTime(
                flow.Environment,
                flow.Account,
                tokens,
                context.Connection,
                context.Profile,
                providerUser
            )
        )
        {
            Log.LeftAtTheProvider(logger, flow.Id);
        }

        return new Problem(ProblemKind.Unavailable, "storage_unavailable", "The grant could not be stored.");
    }

    private async Task<Result<Uri>> StoreAsync(
        AuthorizationFlow flow,
        FlowContext context,
        TokenSet tokens,
        ScopeSet scopes,
        string source,
        string? providerUser,
        DateTimeOffset asked,
        Deadline deadline
    )
    {
        while (true)
        {
            ConnectedAccount? account = await PatientlyAsync(
                flow,
                deadline,
                () => accounts.FindAsync(flow.Environment, flow.Account, CancellationToken.None)
            );
            if (account is null)
            {
                return await LoseAsync(flow, context, tokens, providerUser, FlowOutcomes.Stopped);
            }

            if (IsAnotherUser(account, providerUser, context.Profile) && !flow.AllowOtherProviderUser)
            {
                return await LoseAsync(flow, context, tokens, providerUser, FlowOutcomes.ProviderUserChanged);
            }

            SealedCredential? old = await PatientlyAsync(
                flow,
                deadline,
                () => accounts.FindCredentialAsync(flow.Environment, flow.Account, CancellationToken.None)
            );
            NewCredential next = granted.Make(
                account,
                old?.Key,
                context.Connection,
                context.Profile,
                tokens,
                asked
            ) with
            {
                ProviderUserKey = providerUser,
                ProviderUserName = tokens.UserName,
                ScopeSource = source,
            };
            next = next with { Sealed = next.Sealed with { GrantedScopes = scopes } };
            // A commit whose answer was lost is repeated, and then finds that it succeeded: nobody else ends this flow so.
            FlowStep? step = await SucceedAsync(flow, context, account.State, next, deadline)
                ? FlowStep.Succeeded
                : await PatientlyAsync(flow, deadline, () => StepAsync(flow));
            if (step == FlowStep.Succeeded)
            {
                Milestone.Reached(Milestone.AccountActive, flow.Account.ToString());
                if (old is not null && IsAnotherUser(account, providerUser, context.Profile))
                {
                    await jobs.AddAsync(account, old, context.Connection, account.ProviderUserKey);
                }

                return Landing(context);
            }

            // Lost the compare-and-set: to a refresh of the old credential (try again on top of it), or to a stop.
            ConnectedAccount? moved = await PatientlyAsync(
                flow,
                deadline,
                () => accounts.FindAsync(flow.Environment, flow.Account, CancellationToken.None)
            );
            if (step != FlowStep.Exchanging || moved is null || moved.Generation == account.Generation)
            {
                return await LoseAsync(flow, context, tokens, providerUser, FlowOutcomes.Stopped);
            }
        }
    }

    private Task<bool> SucceedAsync(
        AuthorizationFlow flow,
        FlowContext context,
        AccountState before,
        NewCredential next,
        Deadline deadline
    )
    {
        Traces traces = Traces
            .Of(
                flow.Record(
                    context.Connection.Name,
                    "account.connected",
                    "success",
                    detail: next.ProviderUserName is { } name ? $"the provider's user is {name}" : null
                )
            )
            .With(
                flow.Event(context.Connection.Name, EventTypes.OAuthTokensFetched, AccountState.Active),
                flow.Event(context.Connection.Name, EventTypes.OAuthSucceeded, AccountState.Active)
            );
        if (before != AccountState.Active)
        {
            traces = traces.With(
                flow.Event(context.Connection.Name, EventTypes.AccountStatusUpdated, AccountState.Active, before)
            );
        }

        AuthorizationFlow succeeded = flow with { Step = FlowStep.Succeeded, CodeSealed = null, VerifierSealed = null };
        return PatientlyAsync(
            flow,
            deadline,
            () => flows.SucceedAsync(succeeded, next, traces, CancellationToken.None)
        );
    }

    private async Task<FlowStep?> StepAsync(AuthorizationFlow flow) =>
        (await flows.FindAsync(flow.Environment, flow.Id, CancellationToken.None))?.Step;

    /// <summary>With tokens in hand, whatever the store throws: again until the deadline, then what it threw last.</summary>
    private async Task<T> PatientlyAsync<T>(AuthorizationFlow flow, Deadline deadline, Func<Task<T>> work)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(100);
        while (true)
        {
            try
            {
                return await work();
            }
            catch (Exception exception) when (deadline.Left > pause)
            {
                Log.NotStored(logger, flow.Id, exception);
            }

            await Task.Delay(pause, time, CancellationToken.None);
            pause *= 2;
        }
    }

    private async Task<(ScopeSet Scopes, string Source)> ReadScopesAsync(
        AuthorizationFlow flow,
        FlowContext context,
        TokenSet tokens,
        Deadline deadline
    )
    {
        if (tokens.Scopes is { } named)
        {
            return (named, "token_response");
        }

        return await introspection.ReadScopesAsync(context, tokens.AccessToken, deadline.Left) is { } introspected
            ? (introspected, "introspection")
            : (flow.Scopes, "request");
    }

    /// <summary>Whose grant it is, where the token answer does not say and the connector knows whom to ask.</summary>
    private async Task<TokenSet> WithUserAsync(FlowContext context, TokenSet tokens, Deadline deadline)
    {
        if (tokens.UserId is not null || context.Profile.UserPath is null || deadline.Left <= TimeSpan.Zero)
        {
            return tokens;
        }

        IdentityAnswer answer = await identity.AskAsync(
            context,
            tokens.AccessToken,
            deadline.Left,
            CancellationToken.None
        );
        return answer is IdentityAnswer.User user ? tokens with { UserId = user.Id, UserName = user.Name } : tokens;
    }

    private static bool IsAnotherUser(ConnectedAccount account, string? providerUser, OAuthProfile profile) =>
        (profile.IdentityIdPath ?? profile.UserIdPath) is not null
        && account.ProviderUserKey is { } pinned
        && !string.Equals(pinned, providerUser, StringComparison.Ordinal);

    private async Task<Result<Uri>> LoseAsync(
        AuthorizationFlow flow,
        FlowContext context,
        TokenSet tokens,
        string? providerUser,
        string outcome
    )
    {
        await jobs.AddAsync(flow.Environment, flow.Account, tokens, context.Connection, context.Profile, providerUser);
        return await FailAsync(flow, context, outcome);
    }

    private async Task<Result<Uri>> FailAsync(AuthorizationFlow flow, FlowContext context, string outcome)
    {
        var failure = new FlowFailure("account.not_connected", outcome);
        await ending.FailAsync(flow, context.Connection.Name, failure, CancellationToken.None);
        return Failed(outcome);
    }

    private static partial class Log
    {
        [LoggerMessage(2101, LogLevel.Warning, "The code of {Flow} was not exchanged: {Description}")]
        public static partial void NotExchanged(ILogger logger, FlowId flow, string description);

        [LoggerMessage(2102, LogLevel.Error, "The provider refuses the OAuth client of {Connection}: {Error}")]
        public static partial void ClientRefused(ILogger logger, ConnectionId connection, string error);

        [LoggerMessage(2103, LogLevel.Critical, "The tokens of {Flow} are received but not stored yet")]
        public static partial void NotStored(ILogger logger, FlowId flow, Exception exception);

        [LoggerMessage(
            2105,
            LogLevel.Error,
            "The tokens of {Flow} are dropped and stay valid at the provider: whether another account shares their grant cannot be told"
        )]
        public static partial void LeftAtTheProvider(ILogger logger, FlowId flow);

        [LoggerMessage(2104, LogLevel.Critical, "A sealed value of {Flow} or its connection does not open")]
        public static partial void Unreadable(ILogger logger, FlowId flow, Exception exception);
    }
}
