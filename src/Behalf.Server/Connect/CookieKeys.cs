using Behalf.Vault;
using Microsoft.AspNetCore.DataProtection;

namespace Behalf.Server.Connect;

/// <summary>Keys of cookies and form tokens that nodes share.</summary>
internal static class CookieKeys
{
    /// <summary>
    /// Makes the first key while no other node starts; otherwise two nodes that start together would each make one and
    /// refuse the other's cookies for a while. A process alone makes its first one when a page needs it.
    /// </summary>
    public static void MakeFirst(IServiceProvider services)
    {
        if (services.GetRequiredService<ICookieKeys>() is not CookieKeyFiles)
        {
            services.GetRequiredService<IDataProtectionProvider>().CreateProtector(nameof(MakeFirst)).Protect([]);
        }
    }
}
