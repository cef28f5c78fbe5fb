namespace Behalf.Server.Doors;

/// <summary>Where a request came from, as limits count it. Behind a listed proxy the address is the one it names.</summary>
internal static class RequestSource
{
    public static string Of(HttpContext http) => SourceAddress.Of(http.Connection.RemoteIpAddress);
}
