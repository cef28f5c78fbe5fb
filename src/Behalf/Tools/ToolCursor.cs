using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Behalf.Vault;

namespace Behalf.Tools;

/// <summary>
/// The position of a further page as a model carries it: the provider's own, with a MAC over connection, account, tool
/// and arguments. Nobody else's, and no other call's, is accepted.
/// </summary>
internal sealed class ToolCursor(IVault vault)
{
    private const string Purpose = "tool_cursor";
    private const int MacLength = 16;

    public string Seal(ScopedTool tool, byte[] arguments, string position)
    {
        byte[] plain = Encoding.UTF8.GetBytes(position);
        byte[] mac = Mac(tool, arguments, plain);
        return Base64Url.EncodeToString([.. mac, .. plain]);
    }

    public Result<string> Open(ScopedTool tool, byte[] arguments, string cursor)
    {
        byte[] bytes = new byte[Base64Url.GetMaxDecodedLength(cursor.Length)];
        if (
            Base64Url.IsValid(cursor)
            && Base64Url.TryDecodeFromChars(cursor, bytes, out int length)
            && length > MacLength
        )
        {
            byte[] plain = bytes[MacLength..length];
            if (CryptographicOperations.FixedTimeEquals(bytes.AsSpan(0, MacLength), Mac(tool, arguments, plain)))
            {
                return Encoding.UTF8.GetString(plain);
            }
        }

        return Problem.Invalid(
            "cursor",
            "cursor",
            "is not one that this tool gave this user for these arguments; begin again without it"
        );
    }

    private byte[] Mac(ScopedTool tool, byte[] arguments, byte[] position)
    {
        using MemoryStream data = new();
        byte[] length = new byte[4];
        foreach (
            byte[] part in (byte[][])
                [
                    tool.Tool.Connection.Id.Value.ToByteArray(),
                    tool.Account.Id.Value.ToByteArray(),
                    Encoding.UTF8.GetBytes(tool.Tool.Name),
                    arguments,
                    position,
                ]
        )
        {
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            data.Write(length);
            data.Write(part);
        }

        return vault.Mac(Purpose, data.ToArray())[..MacLength];
    }
}
