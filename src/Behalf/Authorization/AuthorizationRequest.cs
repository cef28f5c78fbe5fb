using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Behalf.Connections;
using Behalf.People;
using Behalf.Vault;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>The authorization request (RFC 6749 §4.1.1) with PKCE S256 (RFC 7636), made when the person presses the button.</summary>
internal sealed class AuthorizationRequest(
    ConnectPage page,
    FlowContexts contexts,
    FlowEnding ending,
    IFlowStore flows,
    IVault vault,
    IOptions<BehalfOptions> options,
    TimeProvider time
)
{
    public async Task<Result<StartedFlow>> StartAsync(
        string linkToken,
        BrowserUser? visitor,
        CancellationToken cancellationToken
    )
    {
        Result<AuthorizationFlow> found = await page.FindOpenAsync(linkToken, visitor, cancellationToken);
        if (!found.Succeeded)
        {
            return found.Problem;
        }

        AuthorizationFlow flow = found.Value;
        FlowContext? context = await contexts.FindAsync(flow.Environment, flow.Connection, cancellationToken);
        if (context is null)
        {
            return Problem.NotFound("connection");
        }

        if (context.Profile.IsTyped)
        {
            return new Problem(
                ProblemKind.FailedPrecondition,
                "credential_needed",
                "This connection takes a credential that is typed in. Open the link and fill in its form."
            );
        }

        if (!IsStillAsMade(flow, context.Connection))
        {
            var failure = new FlowFailure("flow.failed", FlowOutcomes.ConnectionChanged);
            await ending.FailAsync(flow, context.Connection.Name, failure, cancellationToken);
            return ConnectionChanged();
        }

        string state = RandomToken.New();
        string verifier = RandomToken.New();
        string browser = RandomToken.New();
        using Secret verifierSecret = Secret.FromText(verifier);
        AuthorizationFlow started = flow with
        {
            Step = FlowStep.AtProvider,
            State = Digest.Of(state),
            Browser = Digest.Of(browser),
            VerifierSealed = vault.Seal(flow.VerifierPlace(), verifierSecret),
            Issuer = context.Profile.Issuer,
            ExpiresAt = time.GetUtcNow() + options.Value.LinkLifetime,
        };
        Traces traces = Traces.Of(flow.Record(context.Connection.Name, "flow.started"));
        if (!await flows.AdvanceAsync(started, FlowStep.LinkCreated, traces, cancellationToken))
        {
            return ConnectPage.LinkUsed();
        }

        Milestone.Reached(Milestone.FlowStarted, flow.Id.ToString());
        return new StartedFlow(Locate(context, started, state, verifier), Secret.FromText(browser), started.ExpiresAt);
    }

    public async Task<Result<Done>> CancelAsync(
        string linkToken,
        BrowserUser? visitor,
        CancellationToken cancellationToken
    )
    {
        Result<AuthorizationFlow> found = await page.FindOpenAsync(linkToken, visitor, cancellationToken);
        if (!found.Succeeded)
        {
            return found.Problem;
        }

        AuthorizationFlow flow = found.Value;
        FlowContext? context = await contexts.FindAsync(flow.Environment, flow.Connection, cancellationToken);
        if (context is null)
        {
            return Problem.NotFound("connection");
        }

        var failure = new FlowFailure("flow.cancelled", FlowOutcomes.Cancelled);
        return await ending.FailAsync(flow, context.Connection.Name, failure, cancellationToken)
            ? Done.Value
            : ConnectPage.LinkUsed();
    }

    /// <summary>A flow belongs to the connection as it was when the link was made: client, endpoints and scopes.</summary>
    public static bool IsStillAsMade(AuthorizationFlow flow, Connection connection) =>
        connection.Enabled && connection.RowVersion == flow.ConnectionVersion;

    public static Problem ConnectionChanged() =>
        new(
            ProblemKind.FailedPrecondition,
            "connection_changed",
            "The connection was changed after this link was made. Ask the application for a new one."
        );

    private static Uri Locate(FlowContext context, AuthorizationFlow flow, string state, string verifier)
    {
        List<KeyValuePair<string, string>> query =
        [
            new("response_type", "code"),
            new("client_id", context.Connection.ClientId!),
            new("redirect_uri", flow.RedirectUri),
        ];
        if (flow.Scopes.Count > 0)
        {
            query.Add(
                new(context.Profile.ScopeParameter, string.Join(context.Profile.ScopeSeparator, flow.Scopes.Values))
            );
        }

        query.Add(new("state", state));
        if (context.Profile.Pkce)
        {
            byte[] challenge = SHA256.HashData(Encoding.ASCII.GetBytes(verifier));
            query.Add(new("code_challenge", Base64Url.EncodeToString(challenge)));
            query.Add(new("code_challenge_method", "S256"));
        }

        // A definition may add parameters, never replace one of ours.
        query.AddRange(
            context.Profile.AuthorizeParameters.Where(extra => query.TrueForAll(own => own.Key != extra.Key))
        );
        string text = string.Join(
            '&',
            query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}")
        );
        return new Uri($"{OAuthEndpoints.Authorize(context.Connection, context.Profile)}?{text}");
    }
}

/// <summary>Where a flow's secrets lie.</summary>
internal static class FlowSeal
{
    public static SealPlace VerifierPlace(this AuthorizationFlow flow) => Place(flow, SealedFields.CodeVerifier);

    public static SealPlace CodePlace(this AuthorizationFlow flow) => Place(flow, SealedFields.AuthorizationCode);

    private static SealPlace Place(AuthorizationFlow flow, string field) =>
        new(flow.Environment, flow.Connection, flow.Id.Value, field);
}
