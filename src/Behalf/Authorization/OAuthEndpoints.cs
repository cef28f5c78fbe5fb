using Behalf.Connections;
using Behalf.Connectors;

namespace Behalf.Authorization;

/// <summary>The absolute endpoints of a connection: the profile's paths below the connection's own OAuth origin.</summary>
internal static class OAuthEndpoints
{
    public static Uri Authorize(Connection connection, OAuthProfile profile) =>
        At(connection, profile, profile.AuthorizePath);

    public static Uri Token(Connection connection, OAuthProfile profile) => At(connection, profile, profile.TokenPath);

    public static Uri? Revoke(Connection connection, OAuthProfile profile) =>
        profile.RevokePath is { } path ? At(connection, profile, path) : null;

    public static Uri? Register(Connection connection, OAuthProfile profile) =>
        profile.RegistrationPath is { } path ? At(connection, profile, path) : null;

    public static Uri? Introspect(Connection connection, OAuthProfile profile) =>
        profile.IntrospectPath is { } path ? At(connection, profile, path) : null;

    /// <summary>A connection at another origin than the provider's usual one has all endpoints there, by their paths.</summary>
    private static Uri At(Connection connection, OAuthProfile profile, string path)
    {
        string named = path.Replace(
            "{client_id}",
            Uri.EscapeDataString(connection.ClientId ?? string.Empty),
            StringComparison.Ordinal
        );
        if (named.StartsWith("https://", StringComparison.Ordinal))
        {
            Uri elsewhere = new(named);
            if (connection.OAuthUrl == profile.Origin)
            {
                return elsewhere;
            }

            named = elsewhere.AbsolutePath;
        }

        return new Uri($"{connection.OAuthUrl.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{named.TrimStart('/')}");
    }
}
