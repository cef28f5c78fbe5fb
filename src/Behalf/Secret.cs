using System.Security.Cryptography;
using System.Text;

namespace Behalf;

/// <summary>
/// A token, client secret or key in clear. It has no text form: <see cref="ToString"/> gives a placeholder, it does not
/// serialise, and reading the value is a named call. Not thread safe while it is disposed.
/// </summary>
public sealed class Secret : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    private Secret(byte[] bytes) => _bytes = bytes;

    /// <value>In bytes.</value>
    public int Length => _bytes.Length;

    public static Secret FromText(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>Takes ownership of the array: it is cleared when the secret is disposed.</summary>
    public static Secret Own(byte[] bytes) => new(bytes);

    /// <summary>Random bytes from the operating system.</summary>
    /// <param name="length">In bytes; 32 for 256 bits.</param>
    public static Secret Random(int length) => new(RandomNumberGenerator.GetBytes(length));

    public ReadOnlySpan<byte> Reveal()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _bytes;
    }

    public string RevealText()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return Encoding.UTF8.GetString(_bytes);
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            CryptographicOperations.ZeroMemory(_bytes);
        }
    }

    public override string ToString() => "[secret]";
}
