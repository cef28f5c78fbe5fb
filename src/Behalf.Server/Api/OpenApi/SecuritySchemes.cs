using System.Text.Json.Nodes;
using Behalf.Identity;

namespace Behalf.Server.Api.OpenApi;

/// <summary>The credentials of the API: client credentials for tokens, or a session's token as it is.</summary>
internal static class SecuritySchemes
{
    public static JsonObject All() =>
        new()
        {
            [NameOf(PrincipalKind.ServiceClient)] = ClientCredentials(
                "A service credential: may name any user of its environment."
            ),
            [NameOf(PrincipalKind.UserSession)] = new JsonObject
            {
                ["type"] = "http",
                ["scheme"] = "bearer",
                ["bearerFormat"] = "JWT",
                ["description"] =
                    "The token of a user session (POST /api/v1/user_sessions), bound to one identifier; what an agent gets.",
            },
            [NameOf(PrincipalKind.Operator)] = ClientCredentials(
                "The operator credential: environments and clients; never acts for a user."
            ),
        };

    public static JsonObject Requirement(PrincipalKind kind) => new() { [NameOf(kind)] = new JsonArray() };

    private static string NameOf(PrincipalKind kind) =>
        kind switch
        {
            PrincipalKind.ServiceClient => "service_credential",
            PrincipalKind.UserSession => "user_session",
            PrincipalKind.Operator => "operator_credential",
            _ => throw new InvalidOperationException($"{kind} has no security scheme: add it here."),
        };

    private static JsonObject ClientCredentials(string description) =>
        new()
        {
            ["type"] = "oauth2",
            ["description"] = description,
            ["flows"] = new JsonObject
            {
                ["clientCredentials"] = new JsonObject { ["tokenUrl"] = "/oauth/token", ["scopes"] = new JsonObject() },
            },
        };
}
