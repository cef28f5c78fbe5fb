using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Behalf.People;
using Behalf.Registration;
using Behalf.Vault;
using OpenIddict.Abstractions;

namespace Behalf.Server.AuthorizationServer;

/// <summary>
/// Ties a press of the button to what was shown: this browser's session, this client as it described itself, this redirect
/// URI, these scopes. A page that someone else made, or that was shown before something changed, agrees to nothing.
/// </summary>
internal sealed class ConsentTickets(IVault vault, TimeProvider time)
{
    private const string Purpose = "oauth_consent_ticket";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public string Make(BrowserUser user, OAuthClient client, OpenIddictRequest request, ScopeSet scopes)
    {
        string until = (time.GetUtcNow() + Lifetime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"{until}.{Base64Url.EncodeToString(Mac(user, client, request, scopes, until))}";
    }

    public bool Holds(string? ticket, BrowserUser user, OAuthClient client, OpenIddictRequest request, ScopeSet scopes)
    {
        string[] parts = ticket?.Split('.') ?? [];
        return parts is [var until, var mac]
            && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            && time.GetUtcNow().ToUnixTimeSeconds() < seconds
            && Base64Url.IsValid(mac)
            && CryptographicOperations.FixedTimeEquals(
                Base64Url.DecodeFromChars(mac),
                Mac(user, client, request, scopes, until)
            );
    }

    private byte[] Mac(
        BrowserUser user,
        OAuthClient client,
        OpenIddictRequest request,
        ScopeSet scopes,
        string until
    ) =>
        vault.Mac(
            Purpose,
            JsonSerializer.SerializeToUtf8Bytes(
                new[]
                {
                    until,
                    user.Session.Hex,
                    client.Id.ToString(),
                    client.Metadata.Hex,
                    request.RedirectUri,
                    request.CodeChallenge,
                    request.State,
                    scopes.ToString(),
                }
            )
        );
}
