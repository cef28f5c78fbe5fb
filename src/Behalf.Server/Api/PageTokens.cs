using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Behalf.Vault;
using Google.Protobuf;
using Grpc.Core;

namespace Behalf.Server.Api;

/// <summary>
/// Page tokens of 32 base64url characters: the last key (16 bytes) and a MAC (8 bytes) over environment, caller, method,
/// filter and direction. A token made for another caller or filter is refused.
/// </summary>
internal sealed class PageTokens(IVault vault)
{
    private const string Purpose = "page-token";
    private const int KeyLength = 16;
    private const int MacLength = 8;

    private static readonly string[] PagingFields = ["page_token", "page_size"];

    /// <summary>The rows a request asks for.</summary>
    /// <exception cref="RpcException">The token is not one we made for this caller and filter.</exception>
    public PageRequest Read(ServerCallContext context, IMessage request, string token, int size)
    {
        if (token.Length == 0)
        {
            return new PageRequest(size);
        }

        byte[] scope = ScopeOf(context, request);
        return Open(token, scope, Direction.After) is { } after ? new PageRequest(size, After: after)
            : Open(token, scope, Direction.Before) is { } before ? new PageRequest(size, Before: before)
            : throw Wrong(context);
    }

    /// <summary>As <see cref="Read"/> for lists in a fixed order: the number of the first row.</summary>
    /// <exception cref="RpcException">The token is not one we made for this caller and filter.</exception>
    public int ReadOffset(ServerCallContext context, IMessage request, string token)
    {
        if (token.Length == 0)
        {
            return 0;
        }

        Guid key = Open(token, ScopeOf(context, request), Direction.Offset) ?? throw Wrong(context);
        Span<byte> bytes = stackalloc byte[KeyLength];
        key.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }

    public string After(ServerCallContext context, IMessage request, Guid? key) =>
        key is { } value ? Seal(value, ScopeOf(context, request), Direction.After) : string.Empty;

    public string Before(ServerCallContext context, IMessage request, Guid? key) =>
        key is { } value ? Seal(value, ScopeOf(context, request), Direction.Before) : string.Empty;

    public string Offset(ServerCallContext context, IMessage request, int? offset)
    {
        if (offset is not { } value)
        {
            return string.Empty;
        }

        Span<byte> bytes = stackalloc byte[KeyLength];
        bytes.Clear();
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return Seal(new Guid(bytes, bigEndian: true), ScopeOf(context, request), Direction.Offset);
    }

    private static RpcException Wrong(ServerCallContext context) =>
        context.Refuse(Problem.Invalid("page_token", "page_token", "is not a token of this list; begin without one"));

    private string Seal(Guid key, byte[] scope, Direction direction)
    {
        Span<byte> token = stackalloc byte[KeyLength + MacLength];
        key.TryWriteBytes(token, bigEndian: true, out _);
        Mac(key, scope, direction).AsSpan(0, MacLength).CopyTo(token[KeyLength..]);
        return Base64Url.EncodeToString(token);
    }

    private Guid? Open(string token, byte[] scope, Direction direction)
    {
        Span<byte> bytes = stackalloc byte[KeyLength + MacLength];
        if (
            token.Length != 32
            || !Base64Url.IsValid(token)
            || !Base64Url.TryDecodeFromChars(token, bytes, out int length)
            || length != bytes.Length
        )
        {
            return null;
        }

        Guid key = new(bytes[..KeyLength], bigEndian: true);
        byte[] expected = Mac(key, scope, direction);
        return CryptographicOperations.FixedTimeEquals(bytes[KeyLength..], expected.AsSpan(0, MacLength)) ? key : null;
    }

    private byte[] Mac(Guid key, byte[] scope, Direction direction)
    {
        byte[] data = new byte[KeyLength + 1 + scope.Length];
        key.TryWriteBytes(data, bigEndian: true, out _);
        data[KeyLength] = (byte)direction;
        scope.CopyTo(data, KeyLength + 1);
        return vault.Mac(Purpose, data);
    }

    /// <summary>Length-prefixed, so that no two scopes have one form.</summary>
    private static byte[] ScopeOf(ServerCallContext context, IMessage request)
    {
        IMessage filter = request.Descriptor.Parser.ParseFrom(request.ToByteArray());
        foreach (string name in PagingFields)
        {
            filter.Descriptor.FindFieldByName(name)?.Accessor.Clear(filter);
        }

        using MemoryStream buffer = new();
        using BinaryWriter writer = new(buffer, Encoding.UTF8);
        writer.Write(context.Method);
        writer.Write(context.Principal().Environment?.ToString() ?? string.Empty);
        writer.Write(context.Principal().ClientId);
        writer.Write(filter.ToByteArray());
        writer.Flush();
        return buffer.ToArray();
    }

    private enum Direction : byte
    {
        After = 1,
        Before = 2,
        Offset = 3,
    }
}
