using Behalf.Authorization;
using Behalf.Wire.ConnectedAccounts;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Details = Behalf.Wire.ConnectedAccounts.AuthorizationDetails;

namespace Behalf.Server.Api;

/// <summary>
/// Credentials that a request brings for an account. An empty <c>oauth_token</c> is what one official SDK sends for "none
/// yet", also where the connector asks for a key, and a <c>static_auth</c> without details is what an account shows of
/// itself: they import nothing and replace nothing.
/// </summary>
internal static class AccountCredentials
{
    public const string OtherProviderUserHeader = "behalf-allow-other-provider-user";

    private const string Field = "connected_account.authorization_details";

    /// <returns>Null when the request brings none.</returns>
    /// <exception cref="RpcException">No connector takes such a credential, or its form is wrong.</exception>
    public static ImportRequest? Read(ServerCallContext context, ConnectionName connection, Details? details)
    {
        BroughtCredential? credential = details?.DetailsCase switch
        {
            null or Details.DetailsOneofCase.None => null,
            Details.DetailsOneofCase.OauthToken => Tokens(context, details.OauthToken),
            Details.DetailsOneofCase.StaticAuth => details.StaticAuth.Details is { } fields
                ? Typed(context, fields)
                : null,
            Details.DetailsOneofCase.GoogleDwd => throw Unsupported(context, "google_dwd"),
            Details.DetailsOneofCase.TrustedIdp => throw Unsupported(context, "trusted_idp"),
            var other => throw new InvalidOperationException($"Unknown authorization details {other}."),
        };
        return credential is null
            ? null
            : new ImportRequest
            {
                Connection = connection,
                Credential = credential,
                AllowOtherProviderUser = AllowsOtherProviderUser(context),
            };
    }

    public static bool AllowsOtherProviderUser(ServerCallContext context) =>
        context.RequestHeaders.GetValue(OtherProviderUserHeader) == "true";

    private static BroughtCredential.Tokens? Tokens(ServerCallContext context, OauthToken token)
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
            return new BroughtCredential.Tokens
            {
                AccessToken = Secret.FromText(token.AccessToken),
                RefreshToken = token.RefreshToken.Length == 0 ? null : Secret.FromText(token.RefreshToken),
                Scopes = token.Scopes.Count == 0 ? null : [.. token.Scopes],
            };
        }

        return token.RefreshToken.Length == 0
            ? null
            : throw context.Refuse(
                Problem.Invalid($"{Field}.oauth_token.access_token", "required", "is required beside a refresh token")
            );
    }

    private static BroughtCredential.Typed Typed(ServerCallContext context, Struct details)
    {
        if (details.Fields.Values.Any(value => value.KindCase != Value.KindOneofCase.StringValue))
        {
            throw context.Refuse(
                Problem.Invalid($"{Field}.static_auth.details", "string", "holds something other than text")
            );
        }

        return new BroughtCredential.Typed(
            details.Fields.ToDictionary(
                field => field.Key,
                field => Secret.FromText(field.Value.StringValue),
                StringComparer.Ordinal
            )
        );
    }

    private static RpcException Unsupported(ServerCallContext context, string given) =>
        context.Refuse(
            Problem.Invalid(
                $"{Field}.{given}",
                "not_supported",
                "no connector here takes it: send oauth_token or static_auth, or leave it out and send the user to an authorization link"
            )
        );
}
