using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Behalf.Audit;

/// <summary>
/// Writes length-prefixed fields: four bytes of length, big endian, then the bytes. A length of -1 is null, which is not
/// the same as empty.
/// </summary>
internal readonly struct AuditFieldWriter(PooledBuffer output)
{
    public void Byte(byte value) => output.Write([value]);

    public void Text(string? value)
    {
        if (value is null)
        {
            Null();
            return;
        }

        int length = Encoding.UTF8.GetByteCount(value);
        Length(length);
        Encoding.UTF8.GetBytes(value, output.GetSpan(length));
        output.Advance(length);
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Length(value.Length);
        output.Write(value);
    }

    public void Id(Guid? value)
    {
        if (value is not { } id)
        {
            Null();
            return;
        }

        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        Bytes(bytes);
    }

    public void Number(long? value)
    {
        if (value is not { } number)
        {
            Null();
            return;
        }

        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        Bytes(bytes);
    }

    public void Null() => Length(-1);

    private void Length(int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(4), length);
        output.Advance(4);
    }
}

/// <summary>Reads what <see cref="AuditFieldWriter"/> writes, and nothing else: one value has one spelling.</summary>
/// <exception cref="AuditBrokenException">From every member, when the bytes are anything else.</exception>
internal ref struct AuditFieldReader(ReadOnlySpan<byte> input)
{
    // A UTF-16 unit takes at most three bytes.
    private const int MaxTextBytes = AuditText.MaxLength * 3;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = input;

    public byte Byte() => Take(1, "version")[0];

    public string? Text(string field)
    {
        if (!TryLength(field, MaxTextBytes, out int length))
        {
            return null;
        }

        string text;
        try
        {
            text = StrictUtf8.GetString(Take(length, field));
        }
        catch (DecoderFallbackException)
        {
            throw new AuditBrokenException($"{field} is not valid UTF-8");
        }

        return text.Length <= AuditText.MaxLength && AuditText.IsClean(text)
            ? text
            : throw new AuditBrokenException($"{field} is longer or less clean than a record allows");
    }

    public bool TryBytes(string field, int exactly, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!TryLength(field, exactly, out int length))
        {
            return false;
        }

        if (length != exactly)
        {
            throw new AuditBrokenException($"{field} has {length} bytes instead of {exactly}");
        }

        value = Take(length, field);
        return true;
    }

    public Guid? Id(string field) =>
        TryBytes(field, 16, out ReadOnlySpan<byte> bytes) ? new Guid(bytes, bigEndian: true) : null;

    public long? Number(string field) =>
        TryBytes(field, 8, out ReadOnlySpan<byte> bytes) ? BinaryPrimitives.ReadInt64BigEndian(bytes) : null;

    public readonly void End()
    {
        if (!_rest.IsEmpty)
        {
            throw new AuditBrokenException($"{_rest.Length} bytes follow the last field");
        }
    }

    private bool TryLength(string field, int max, out int length)
    {
        length = BinaryPrimitives.ReadInt32BigEndian(Take(4, field));
        return length switch
        {
            -1 => false,
            _ when length >= 0 && length <= max => true,
            _ => throw new AuditBrokenException($"{field} has an impossible length"),
        };
    }

    private ReadOnlySpan<byte> Take(int length, string field)
    {
        if (_rest.Length < length)
        {
            throw new AuditBrokenException($"the record ends inside {field}");
        }

        ReadOnlySpan<byte> taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
