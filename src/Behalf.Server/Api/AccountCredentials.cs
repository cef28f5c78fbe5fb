using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Wire.ConnectedAccounts;
using Grpc.Core;
using Details = Behalf.Wire.ConnectedAccounts.AuthorizationDetails;

namespace Behalf.Server.Api;

/// <summary>
/// Credentials that a request brings for an account. An empty <c>oauth_token</c> is what one official SDK sends for "none
/// yet": it imports nothing and replaces nothing.
/// </summary>
internal sealed class AccountCredentials(IConnections connections)
{
    public const string OtherProviderUserHeader = "behalf-allow-other-provider-user";

    private const string Field = "connected_account.authorization_details";

    /// <returns>Null when the request brings none.</returns>
    /// <exception cref="RpcException">The connector takes no such credential.</exception>
    public async Task<ImportRequest?> ReadAsync(ServerCallContext context, ConnectionName connection, Details? details)
    {
        switch (details?.DetailsCase)
        {
            case null or Details.DetailsOneofCase.None:
                return null;
            case Details.DetailsOneofCase.OauthToken:
                return Read(context, connection, details.OauthToken);
            default:
                throw context.Refuse(await OtherTypeAsync(context, connection, details.DetailsCase));
        }
    }

    public static bool AllowsOtherProviderUser(ServerCallContext context) =>
        context.RequestHeaders.GetValue(OtherProviderUserHeader) == "true";

    private static ImportRequest? Read(ServerCallContext context, ConnectionName connection, OauthToken token)
    {
        if (token.Domain.Length > 0)
        {
            throw context.Refuse(
                Problem.Invalid(
                    $"{Field}.oauth_token.domain",
                    "not_supported",
                    "no connector here has a host per account; the connection's base URL is used"
                )
            );
        }

        if (token.AccessToken.Length > 0)
        {
            return new ImportRequest
            {
                Connection = connection,
                AccessToken = Secret.FromText(token.AccessToken),
                RefreshToken = token.RefreshToken.Length == 0 ? null : Secret.FromText(token.RefreshToken),
                Scopes = token.Scopes.Count == 0 ? null : [.. token.Scopes],
                AllowOtherProviderUser = AllowsOtherProviderUser(context),
            };
        }

        return token.RefreshToken.Length == 0
            ? null
            : throw context.Refuse(
                Problem.Invalid($"{Field}.oauth_token.access_token", "required", "is required beside a refresh token")
            );
    }

    private async Task<Problem> OtherTypeAsync(
        ServerCallContext context,
        ConnectionName connection,
        Details.DetailsOneofCase type
    )
    {
        ConnectionView view = (
            await connections.FindAsync(
                context.Principal(),
                context.Environment(),
                connection,
                context.CancellationToken
            )
        ).OrThrow(context);
        string given = type switch
        {
            Details.DetailsOneofCase.StaticAuth => "static_auth",
            Details.DetailsOneofCase.GoogleDwd => "google_dwd",
            Details.DetailsOneofCase.TrustedIdp => "trusted_idp",
            _ => throw new InvalidOperationException($"Unknown authorization details {type}."),
        };
        return Problem.Invalid(
            $"{Field}.{given}",
            "auth_type",
            $"{view.ConnectorName} takes OAuth: send oauth_token, or leave it out and send the user to an authorization link"
        );
    }
}
