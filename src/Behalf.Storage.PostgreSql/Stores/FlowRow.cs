using Behalf.Authorization;
using Behalf.Identity;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class FlowRow
{
    public const string Select = """
        SELECT environment_id, id, connection_id, account_id, identifier, step, mode, link_digest, state_digest,
          browser_digest, auth_request_digest, verify_url, app_state, verifier_sealed, code_sealed, issuer, redirect_uri,
          scopes, allow_other_provider_user, connection_version, created_by, outcome, mismatched_identifier, expires_at,
          created_at
        FROM authorization_flow
        """;

    public required Guid EnvironmentId { get; init; }
    public required Guid Id { get; init; }
    public required Guid ConnectionId { get; init; }
    public required Guid AccountId { get; init; }
    public required string Identifier { get; init; }
    public required long Step { get; init; }
    public required long Mode { get; init; }
    public required string LinkDigest { get; init; }
    public string? StateDigest { get; init; }
    public string? BrowserDigest { get; init; }
    public string? AuthRequestDigest { get; init; }
    public string? VerifyUrl { get; init; }
    public string? AppState { get; init; }
    public byte[]? VerifierSealed { get; init; }
    public byte[]? CodeSealed { get; init; }
    public string? Issuer { get; init; }
    public required string RedirectUri { get; init; }
    public required string Scopes { get; init; }
    public required bool AllowOtherProviderUser { get; init; }
    public required long ConnectionVersion { get; init; }
    public required string CreatedBy { get; init; }
    public string? Outcome { get; init; }
    public string? MismatchedIdentifier { get; init; }
    public required long ExpiresAt { get; init; }
    public required long CreatedAt { get; init; }

    /// <summary>The columns of a flow as parameters, named as below.</summary>
    public static object Values(AuthorizationFlow flow, FlowStep from, string? exchangeOwner) =>
        new
        {
            environment = flow.Environment.ToColumn(),
            id = flow.Id.ToColumn(),
            connection = flow.Connection.ToColumn(),
            account = flow.Account.ToColumn(),
            identifier = flow.Identifier.Value,
            step = (long)flow.Step,
            from = (long)from,
            mode = (long)flow.Mode,
            link = flow.Link.Hex,
            state = flow.State?.Hex,
            browser = flow.Browser?.Hex,
            authRequest = flow.AuthRequest?.Hex,
            verifyUrl = flow.VerifyUrl,
            appState = flow.AppState,
            // What has ended needs neither code nor verifier any more.
            verifier = flow.Step >= FlowStep.Succeeded ? null : flow.VerifierSealed,
            code = flow.Step >= FlowStep.Succeeded ? null : flow.CodeSealed,
            issuer = flow.Issuer,
            redirectUri = flow.RedirectUri,
            scopes = flow.Scopes.ToString(),
            allowOther = flow.AllowOtherProviderUser,
            connectionVersion = flow.ConnectionVersion,
            createdBy = flow.CreatedBy,
            outcome = flow.Outcome,
            mismatched = flow.MismatchedIdentifier,
            exchangeOwner,
            expiresAt = flow.ExpiresAt.ToColumn(),
            createdAt = flow.CreatedAt.ToColumn(),
        };

    public AuthorizationFlow ToFlow() =>
        new()
        {
            Environment = EnvironmentId.ToId<EnvironmentId>(),
            Id = Id.ToId<FlowId>(),
            Connection = ConnectionId.ToId<ConnectionId>(),
            Account = AccountId.ToId<AccountId>(),
            Identifier = Behalf.Identifier.Parse(Identifier),
            Step = (FlowStep)Step,
            Mode = (VerifyMode)Mode,
            Link = Digest.FromHex(LinkDigest),
            State = ToDigest(StateDigest),
            Browser = ToDigest(BrowserDigest),
            AuthRequest = ToDigest(AuthRequestDigest),
            VerifyUrl = VerifyUrl,
            AppState = AppState,
            VerifierSealed = VerifierSealed,
            CodeSealed = CodeSealed,
            Issuer = Issuer,
            RedirectUri = RedirectUri,
            Scopes = ScopeSet.Parse(Scopes),
            AllowOtherProviderUser = AllowOtherProviderUser,
            ConnectionVersion = ConnectionVersion,
            CreatedBy = CreatedBy,
            Outcome = Outcome,
            MismatchedIdentifier = MismatchedIdentifier,
            ExpiresAt = ExpiresAt.ToInstant(),
            CreatedAt = CreatedAt.ToInstant(),
        };

    private static Digest? ToDigest(string? hex) => hex is null ? null : Digest.FromHex(hex);
}
