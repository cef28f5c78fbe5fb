using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.Identity;

/// <summary>A new client id and secret. The prefix says what the credential is; the secret carries 256 random bits.</summary>
/// <param name="ClientId">Public.</param>
/// <param name="Secret">Shown once.</param>
/// <param name="Digest">What is stored of the secret.</param>
internal sealed record CredentialPair(string ClientId, Secret Secret, Digest Digest)
{
    private const int IdBytes = 16;
    private const int SecretBytes = 32;

    public static CredentialPair ForClient() => Make(CredentialPrefixes.ClientId, CredentialPrefixes.ClientSecret);

    public static CredentialPair ForOperator() =>
        Make(CredentialPrefixes.OperatorId, CredentialPrefixes.OperatorSecret);

    /// <summary>The pair of a session; its client id is the session's id.</summary>
    public static CredentialPair ForSession(UserSessionId session) =>
        With(session.ToString(), CredentialPrefixes.SessionSecret);

    /// <summary>Another secret for an existing client.</summary>
    public static CredentialPair Renew(string clientId) => With(clientId, CredentialPrefixes.ClientSecret);

    private static CredentialPair Make(string idPrefix, string secretPrefix) =>
        With(idPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)), secretPrefix);

    private static CredentialPair With(string clientId, string secretPrefix)
    {
        string secret = secretPrefix + Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(SecretBytes));
        return new CredentialPair(clientId, Secret.FromText(secret), Digest.Of(secret));
    }
}

/// <summary>Prefixes of client ids and secrets, spelled once.</summary>
internal static class CredentialPrefixes
{
    public const string ClientId = "skc_";
    public const string ClientSecret = "sks_";
    public const string SessionId = "uss_";
    public const string SessionSecret = "uss_secret_";
    public const string OperatorId = "opc_";
    public const string OperatorSecret = "ops_";
}
