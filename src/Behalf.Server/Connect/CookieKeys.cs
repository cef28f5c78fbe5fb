using Microsoft.AspNetCore.DataProtection;

namespace Behalf.Server.Connect;

/// <summary>Keys of cookies and form tokens that nodes share.</summary>
internal static class CookieKeys
{
    /// <summary>
    /// Makes the first key while no other node starts; otherwise two nodes that start together would each make one and
    /// refuse the other's cookies for a while.
    /// </summary>
    public static void MakeFirst(IServiceProvider services) =>
        services.GetRequiredService<IDataProtectionProvider>().CreateProtector(nameof(MakeFirst)).Protect([]);
}
