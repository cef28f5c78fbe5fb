using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Behalf.Vault;

namespace Behalf.Server.Mcp;

/// <summary>
/// Session ids of clients of the older generation: what the client can, a number of its own, and a MAC over these and over
/// who, where and through which client. Nothing is kept, so any node knows any session; the id lets nobody in, and with
/// another user's token it is no session.
/// </summary>
internal sealed class ClientSessions(IVault vault)
{
    public const string Header = "Mcp-Session-Id";

    private const string Purpose = "mcp_client_session";

    public ClientSession Begin(McpVisitor visitor, bool fillsForms, bool opensUrls)
    {
        string can = $"{(fillsForms ? "f" : "")}{(opensUrls ? "u" : "")}";
        string number = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        return new ClientSession(
            $"{can}.{number}.{Base64Url.EncodeToString(Mac(visitor, can, number))}",
            fillsForms,
            opensUrls
        );
    }

    /// <returns>Null: it is not ours, or of another user, server or client.</returns>
    public ClientSession? Find(McpVisitor visitor, string id) =>
        id.Split('.') is [var can, var number, var mac]
        && Base64Url.IsValid(mac)
        && CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(mac), Mac(visitor, can, number))
            ? new ClientSession(
                id,
                can.Contains('f', StringComparison.Ordinal),
                can.Contains('u', StringComparison.Ordinal)
            )
            : null;

    private byte[] Mac(McpVisitor visitor, string can, string number) =>
        vault.Mac(Purpose, JsonSerializer.SerializeToUtf8Bytes(new[] { visitor.Key, can, number }));
}
