using System.Text.Json.Nodes;
using Behalf.TestAuthorizationServer;

namespace Behalf.Server.Tests.Connectors;

/// <summary>The habits of the bundled connectors' providers, written down from their documentation beside the definitions.</summary>
internal static class Providers
{
    private const string Google = "https://www.googleapis.com/auth";

    public static IReadOnlyList<Quirk> All { get; } =
    [
        new()
        {
            Slug = "github",
            AuthorizePath = "/login/oauth/authorize",
            TokenPath = "/login/oauth/access_token",
            RevokePath = $"/applications/{QuirkServer.ClientId}/token",
            RevokeMethod = "DELETE",
            RevokeParameter = "access_token",
            JsonRevoke = true,
            BasicRevoke = true,
            Scopes = "read:user repo",
            Granted = "read:user,repo",
            FormAnswer = true,
            Refreshes = false,
            RefusalStatus = 200,
            Refusal = """{"error":"bad_verification_code"}""",
            UserPath = "/user",
            User = """{"id":4711,"login":"alice"}""",
        },
        new()
        {
            Slug = "slack",
            AuthorizePath = "/oauth/v2/authorize",
            TokenPath = "/api/oauth.v2.access",
            RevokePath = "/api/auth.revoke",
            RevokeParameter = null,
            BasicToken = true,
            ScopeParameter = "user_scope",
            Scopes =
                "channels:history,channels:read,chat:write,groups:history,groups:read,im:history,im:read,reactions:write,search:read,users:read,users:read.email",
            Granted =
                "channels:history,channels:read,chat:write,groups:history,groups:read,im:history,im:read,reactions:write,search:read,users:read,users:read.email",
            TokenType = "user",
            Lifetime = 43_200,
            Rotates = true,
            Wrap = (tokens, _) =>
            {
                tokens["id"] = "U012345678";
                return new JsonObject
                {
                    ["ok"] = true,
                    ["team"] = new JsonObject { ["id"] = "T1", ["name"] = "Acme" },
                    ["authed_user"] = tokens,
                };
            },
            RefusalStatus = 200,
            Refusal = """{"ok":false,"error":"invalid_refresh_token"}""",
            RejectedStatus = 200,
            Rejected = """{"ok":false,"error":"token_expired"}""",
        },
        OfGoogle(
            "gmail",
            $"{Google}/gmail.modify",
            "/gmail/v1/users/me/profile",
            """{"emailAddress":"alice@acme.com"}"""
        ),
        OfGoogle(
            "googlecalendar",
            $"{Google}/calendar",
            "/calendar/v3/calendars/primary",
            """{"id":"alice@acme.com","summary":"Alice"}"""
        ),
        OfGoogle(
            "googledrive",
            $"{Google}/drive",
            "/drive/v3/about",
            """{"user":{"permissionId":"1","emailAddress":"alice@acme.com"}}"""
        ),
        new()
        {
            Slug = "notion",
            AuthorizePath = "/v1/oauth/authorize",
            TokenPath = "/v1/oauth/token",
            RevokePath = "/v1/oauth/revoke",
            JsonRevoke = true,
            BasicRevoke = true,
            Authorize = new Dictionary<string, string> { ["owner"] = "user" },
            JsonToken = true,
            BasicToken = true,
            Headers = new Dictionary<string, string> { ["Notion-Version"] = "2022-06-28" },
            Rotates = true,
            Wrap = (tokens, _) =>
            {
                tokens["owner"] = new JsonObject
                {
                    ["user"] = new JsonObject { ["id"] = "u1", ["name"] = "Alice" },
                };
                tokens["workspace_name"] = "Acme";
                return tokens;
            },
        },
        new()
        {
            Slug = "linear",
            AuthorizePath = "/oauth/authorize",
            TokenPath = "/oauth/token",
            RevokePath = "/oauth/revoke",
            Authorize = new Dictionary<string, string> { ["prompt"] = "consent" },
            Scopes = "read,write",
            Granted = "read,write",
            TokenType = "Bearer",
            Lifetime = 86_399,
            Rotates = true,
        },
        new()
        {
            Slug = "jira",
            AuthorizePath = "/authorize",
            TokenPath = "/oauth/token",
            Authorize = new Dictionary<string, string> { ["audience"] = "api.atlassian.com", ["prompt"] = "consent" },
            Scopes = "offline_access read:jira-user read:jira-work read:me write:jira-work",
            Granted = "offline_access read:jira-user read:jira-work read:me write:jira-work",
            JsonToken = true,
            TokenType = "Bearer",
            Lifetime = 3600,
            Rotates = true,
            RefusalStatus = 403,
            Refusal = """{"error":"unauthorized_client","error_description":"refresh_token is invalid"}""",
            UserPath = "/me",
            User = """{"account_id":"u1","name":"Alice"}""",
        },
        new()
        {
            Slug = "outlook",
            AuthorizePath = "/oauth2/v2.0/authorize",
            TokenPath = "/oauth2/v2.0/token",
            Scopes = "Calendars.ReadWrite Mail.ReadWrite Mail.Send User.Read offline_access",
            Granted = "Calendars.ReadWrite Mail.ReadWrite Mail.Send User.Read",
            TokenType = "Bearer",
            Lifetime = 3600,
            Rotates = true,
            UserPath = "/v1.0/me",
            User = """{"id":"1","userPrincipalName":"alice@acme.com"}""",
        },
        new()
        {
            Slug = "hubspot",
            AuthorizePath = "/oauth/authorize",
            TokenPath = "/oauth/v1/token",
            Scopes =
                "crm.objects.companies.read crm.objects.companies.write crm.objects.contacts.read crm.objects.contacts.write crm.objects.deals.read crm.objects.deals.write oauth tickets",
            Lifetime = 1800,
        },
        new()
        {
            Slug = "salesforce",
            AuthorizePath = "/services/oauth2/authorize",
            TokenPath = "/services/oauth2/token",
            RevokePath = "/services/oauth2/revoke",
            Scopes = "api refresh_token",
            Granted = "api refresh_token",
            TokenType = "Bearer",
            Wrap = (tokens, origin) =>
            {
                tokens["instance_url"] = $"{origin}/salesforce";
                tokens["id"] = "https://login.salesforce.com/id/00D1/0051";
                return tokens;
            },
            Rejected = """[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]""",
        },
        new()
        {
            Slug = "zendesk",
            AuthorizePath = "/oauth/authorizations/new",
            TokenPath = "/oauth/tokens",
            RevokePath = "/api/v2/oauth/tokens/current.json",
            RevokeMethod = "DELETE",
            RevokeParameter = null,
            Scopes = "read write",
            Granted = "read write",
            JsonToken = true,
            TokenParameters = new Dictionary<string, string>
            {
                ["expires_in"] = "172800",
                ["refresh_token_expires_in"] = "2592000",
            },
            Lifetime = 172_800,
            Rotates = true,
            UserPath = "/api/v2/users/me.json",
            User = """{"user":{"id":9,"name":"Alice"}}""",
        },
    ];

    private static Quirk OfGoogle(string slug, string scope, string userPath, string user) =>
        new()
        {
            Slug = slug,
            AuthorizePath = "/o/oauth2/v2/auth",
            TokenPath = "/token",
            RevokePath = "/revoke",
            Authorize = new Dictionary<string, string> { ["access_type"] = "offline", ["prompt"] = "consent" },
            Scopes = scope,
            Granted = scope,
            TokenType = "Bearer",
            Lifetime = 3599,
            UserPath = userPath,
            User = user,
        };
}
