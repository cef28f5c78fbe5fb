using System.Text;
using Behalf.Vault;

namespace Behalf.Authorization;

/// <summary>The provider's own user as we know it: a keyed digest per connection, so it reveals nothing and joins nothing.</summary>
internal static class ProviderUser
{
    private const string Purpose = "provider_user";

    public static string? Key(IVault vault, ConnectionId connection, string? providerUserId)
    {
        if (providerUserId is null)
        {
            return null;
        }

        byte[] id = Encoding.UTF8.GetBytes(providerUserId);
        byte[] input = new byte[16 + id.Length];
        connection.Value.TryWriteBytes(input, bigEndian: true, out _);
        id.CopyTo(input, 16);
        return Convert.ToHexStringLower(vault.Mac(Purpose, input));
    }
}
