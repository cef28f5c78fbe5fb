using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>Which row a call's key is.</summary>
internal sealed record KeyPlace(EnvironmentId Environment, string Principal, string Key)
{
    /// <value>Of the advisory lock that start and end of a call with this key take first, on every node.</value>
    public long Lock
    {
        get
        {
            // The parts have fixed lengths or come last: no two places give the same bytes.
            byte[] digest = SHA256.HashData(
                Encoding.UTF8.GetBytes($"{Environment.Value:N}{Key.Length}:{Key}{Principal}")
            );
            return BinaryPrimitives.ReadInt64BigEndian(digest);
        }
    }
}
