using System.Text;
using Behalf.Connections;
using Behalf.Vault;

namespace Behalf.Authorization;

/// <summary>
/// The provider's own user as we know it: a keyed digest per environment and connector, so it reveals nothing, and two
/// connections with the same OAuth client recognise a grant they share.
/// </summary>
internal static class ProviderUser
{
    private const string Purpose = "provider_user";

    public static string? Key(IVault vault, Connection connection, string? providerUserId)
    {
        if (providerUserId is null)
        {
            return null;
        }

        byte[] connector = Encoding.UTF8.GetBytes(connection.Connector);
        byte[] id = Encoding.UTF8.GetBytes(providerUserId);
        byte[] environment = connection.Environment.Value.ToByteArray(bigEndian: true);
        byte[] input = [.. environment, (byte)connector.Length, .. connector, .. id];
        return Convert.ToHexStringLower(vault.Mac(Purpose, input));
    }
}
