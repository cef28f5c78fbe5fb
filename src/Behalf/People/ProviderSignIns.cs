using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Behalf.Audit;
using Behalf.Egress;
using Behalf.Vault;

namespace Behalf.People;

/// <summary>
/// Sign-in at the environment's OpenID Connect provider: code flow with PKCE, <c>state</c> and <c>nonce</c>. The issuer of
/// the answer is compared before the code goes anywhere (RFC 9207).
/// </summary>
internal sealed class ProviderSignIns(
    IIdentityProviderStore providers,
    ProviderDocuments documents,
    IdTokens tokens,
    FederatedPeople people,
    SignInSessions sessions,
    IEgress egress,
    IVault vault,
    IAudit audit,
    ProviderUrls urls
)
{
    private const int MaxCode = 4096;
    private const long MaxAnswer = 256 * 1024;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    public async Task<Result<ProviderSignIn>> BeginAsync(EnvironmentId environment, CancellationToken cancellationToken)
    {
        if (await providers.FindAsync(environment, cancellationToken) is not { } provider)
        {
            return Problem.NotFound("identity provider");
        }

        Result<ProviderMetadata> metadata = await documents.MetadataAsync(provider.Issuer, cancellationToken);
        if (!metadata.Succeeded)
        {
            return metadata.Problem;
        }

        string state = NewValue();
        string nonce = NewValue();
        string verifier = NewValue();
        KeyValuePair<string, string>[] query =
        [
            new("response_type", "code"),
            new("client_id", provider.ClientId),
            new("redirect_uri", await urls.RedirectUriAsync(environment, cancellationToken)),
            new("scope", provider.Scopes.ToString()),
            new("state", state),
            new("nonce", nonce),
            new("code_challenge", Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)))),
            new("code_challenge_method", "S256"),
        ];
        string endpoint = metadata.Value.AuthorizationEndpoint.AbsoluteUri;
        string text = string.Join(
            '&',
            query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}")
        );
        return new ProviderSignIn
        {
            Environment = environment,
            Issuer = provider.Issuer,
            AuthorizationRequest = new Uri(
                $"{endpoint}{(endpoint.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{text}"
            ),
            State = state,
            Nonce = nonce,
            Verifier = verifier,
        };
    }

    public async Task<Result<SignedIn>> FinishAsync(
        ProviderSignIn begun,
        ProviderAnswer answer,
        CancellationToken cancellationToken
    )
    {
        IdentityProvider? provider = await providers.FindAsync(begun.Environment, cancellationToken);
        if (provider is null || provider.Issuer != begun.Issuer)
        {
            return await RefuseAsync(begun, "provider_changed", cancellationToken);
        }

        Result<ProviderMetadata> metadata = await documents.MetadataAsync(provider.Issuer, cancellationToken);
        if (!metadata.Succeeded)
        {
            return metadata.Problem;
        }

        // Who answers comes before what is answered.
        if (
            answer.Issuer is { } issuer
                ? !string.Equals(issuer, provider.Issuer, StringComparison.Ordinal)
                : metadata.Value.SendsIssuer
        )
        {
            return await RefuseAsync(begun, "issuer_mismatch", cancellationToken);
        }

        if (!FixedTimeEquals(begun.State, answer.State))
        {
            return await RefuseAsync(begun, "state_mismatch", cancellationToken);
        }

        if (answer.Error is not null || answer.Code is not { Length: > 0 and <= MaxCode } code)
        {
            return await RefuseAsync(begun, "refused_by_provider", cancellationToken);
        }

        if (await ExchangeAsync(provider, metadata.Value, begun, code, cancellationToken) is not { } idToken)
        {
            return ProviderDocuments.Unavailable(metadata.Value.TokenEndpoint.Host);
        }

        IdTokenClaims? claims = await tokens.ReadAsync(
            idToken,
            metadata.Value,
            provider,
            begun.Nonce,
            cancellationToken
        );
        if (claims is null)
        {
            return await RefuseAsync(begun, "id_token_refused", cancellationToken);
        }

        Result<Person> person = await people.EnsureAsync(provider, claims, cancellationToken);
        return person.Succeeded
            ? await sessions.BeginAsync(person.Value, provider.Issuer, cancellationToken)
            : await RefuseAsync(begun, person.Problem, cancellationToken);
    }

    private async Task<string?> ExchangeAsync(
        IdentityProvider provider,
        ProviderMetadata metadata,
        ProviderSignIn begun,
        string code,
        CancellationToken cancellationToken
    )
    {
        using Secret? secret = provider.ClientSecretSealed is { } sealedSecret
            ? vault.Open(PersonSeals.ClientSecret(provider.Environment), sealedSecret)
            : null;
        List<KeyValuePair<string, string>> form =
        [
            new("grant_type", "authorization_code"),
            new("code", code),
            new("redirect_uri", await urls.RedirectUriAsync(provider.Environment, cancellationToken)),
            new("code_verifier", begun.Verifier),
            new("client_id", provider.ClientId),
        ];
        using Secret codeSecret = Secret.FromText(code);
        using Secret? basic = secret is null ? null : Basic(provider.ClientId, secret);
        if (basic is not null)
        {
            form.RemoveAll(pair => pair.Key == "client_id"); // it stands in the header
        }

        using FormUrlEncodedContent content = new(form);
        EgressOutcome outcome = await egress.SendAsync(
            new EgressRequest
            {
                Method = HttpMethod.Post,
                Uri = metadata.TokenEndpoint,
                Origin = new Uri(metadata.TokenEndpoint.GetLeftPart(UriPartial.Authority)),
                Headers = [new("Accept", "application/json")],
                Credential = basic is null ? null : new EgressCredential("Authorization", "Basic ", basic),
                Content = content,
                Scrub = secret is null ? [codeSecret] : [codeSecret, secret],
                Timeout = Timeout,
                MaxResponseBytes = MaxAnswer,
            },
            cancellationToken
        );
        return outcome is EgressOutcome.Answered { Status: 200 } answered ? ReadIdToken(answered.Body) : null;
    }

    /// <summary>RFC 6749 §2.3.1: both parts are form-encoded first.</summary>
    private static Secret Basic(string clientId, Secret secret) =>
        Secret.FromText(
            Convert.ToBase64String(
                Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(clientId)}:{Uri.EscapeDataString(secret.RevealText())}")
            )
        );

    private static string? ReadIdToken(byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 16 });
            return
                document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("id_token", out JsonElement token)
                && token.ValueKind == JsonValueKind.String
                ? token.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private Task<Problem> RefuseAsync(ProviderSignIn begun, string outcome, CancellationToken cancellationToken) =>
        RefuseAsync(
            begun,
            new Problem(
                ProblemKind.Forbidden,
                outcome,
                "The answer of the sign-in service could not be accepted. Nobody was signed in; begin again."
            ),
            cancellationToken
        );

    private async Task<Problem> RefuseAsync(ProviderSignIn begun, Problem problem, CancellationToken cancellationToken)
    {
        await audit.DenyAsync(
            new AuditDraft
            {
                Environment = begun.Environment,
                Kind = AuditKind.Denial,
                Action = "person.sign_in",
                Principal = begun.Issuer,
                Decision = "deny",
                Outcome = problem.Code,
            },
            cancellationToken
        );
        return problem;
    }

    private static string NewValue() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static bool FixedTimeEquals(string expected, string? given) =>
        given is not null
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));
}
