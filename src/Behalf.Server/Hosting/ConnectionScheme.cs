using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Behalf.Server.Hosting;

/// <summary>Whether a connection is encrypted, as its listener knows; what a client writes into <c>:scheme</c> counts for nothing.</summary>
internal sealed record ConnectionScheme(bool IsTls)
{
    public static void Mark(ListenOptions listen, bool isTls)
    {
        ConnectionScheme scheme = new(isTls);
        listen.Use(next =>
            connection =>
            {
                connection.Features.Set(scheme);
                return next(connection);
            }
        );
    }

    /// <exception cref="InvalidOperationException">The request did not come through one of our listeners.</exception>
    public static bool IsTlsOf(HttpContext http) =>
        http.Features.Get<ConnectionScheme>()?.IsTls
        ?? throw new InvalidOperationException("The listener did not mark its connection.");
}
