using Behalf.Connections;
using Behalf.Connectors;

namespace Behalf.Authorization;

/// <summary>The absolute endpoints of a connection: the profile's paths below the connection's own OAuth origin.</summary>
internal static class OAuthEndpoints
{
    public static Uri Authorize(Connection connection, OAuthProfile profile) => At(connection, profile.AuthorizePath);

    public static Uri Token(Connection connection, OAuthProfile profile) => At(connection, profile.TokenPath);

    public static Uri? Revoke(Connection connection, OAuthProfile profile) =>
        profile.RevokePath is { } path ? At(connection, path) : null;

    public static Uri? Introspect(Connection connection, OAuthProfile profile) =>
        profile.IntrospectPath is { } path ? At(connection, path) : null;

    private static Uri At(Connection connection, string path) =>
        new($"{connection.OAuthUrl.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path.TrimStart('/')}");
}
