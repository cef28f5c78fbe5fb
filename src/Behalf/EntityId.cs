using System.Diagnostics.CodeAnalysis;

namespace Behalf;

/// <summary>The id of a row: a UUIDv7, shown as a prefix and 26 lower-case base32 characters (at most 31 in all).</summary>
/// <typeparam name="TSelf">The id type itself, so that an account id cannot stand where a connection id is expected.</typeparam>
public interface IEntityId<TSelf>
    where TSelf : struct, IEntityId<TSelf>
{
    /// <summary>The prefix with its underscore, such as <c>ca_</c>.</summary>
    static abstract string Prefix { get; }

    static abstract TSelf From(Guid value);

    Guid Value { get; }
}

/// <summary>Writes and reads ids. The text form is canonical: one id has exactly one spelling.</summary>
public static class EntityId
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford base32

    public static TId New<TId>(TimeProvider time)
        where TId : struct, IEntityId<TId>
    {
        ArgumentNullException.ThrowIfNull(time);
        return TId.From(Guid.CreateVersion7(time.GetUtcNow()));
    }

    public static string Format<TId>(TId id)
        where TId : struct, IEntityId<TId>
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        UInt128 number = 0;
        foreach (byte b in bytes)
        {
            number = (number << 8) | b;
        }

        Span<char> text = stackalloc char[26];
        for (int i = 25; i >= 0; i--)
        {
            text[i] = Alphabet[(int)(number & 31)];
            number >>= 5;
        }

        return string.Concat(TId.Prefix, text);
    }

    public static bool TryParse<TId>([NotNullWhen(true)] string? text, out TId id)
        where TId : struct, IEntityId<TId>
    {
        id = default;
        if (
            text is null
            || text.Length != TId.Prefix.Length + 26
            || !text.StartsWith(TId.Prefix, StringComparison.Ordinal)
        )
        {
            return false;
        }

        UInt128 number = 0;
        ReadOnlySpan<char> digits = text.AsSpan(TId.Prefix.Length);
        if (Alphabet.IndexOf(digits[0], StringComparison.Ordinal) > 7)
        {
            return false; // 26 × 5 bits hold two more than an id has
        }

        foreach (char c in digits)
        {
            int digit = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (digit < 0)
            {
                return false;
            }

            number = (number << 5) | (uint)digit;
        }

        Span<byte> bytes = stackalloc byte[16];
        for (int i = 15; i >= 0; i--)
        {
            bytes[i] = (byte)(number & 0xff);
            number >>= 8;
        }

        id = TId.From(new Guid(bytes, bigEndian: true));
        return true;
    }
}

public readonly record struct EnvironmentId(Guid Value) : IEntityId<EnvironmentId>
{
    public static string Prefix => "env_";

    public static EnvironmentId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

public readonly record struct ConnectionId(Guid Value) : IEntityId<ConnectionId>
{
    public static string Prefix => "conn_";

    public static ConnectionId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

public readonly record struct AccountId(Guid Value) : IEntityId<AccountId>
{
    public static string Prefix => "ca_";

    public static AccountId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

public readonly record struct ApiClientId(Guid Value) : IEntityId<ApiClientId>
{
    public static string Prefix => "cli_";

    public static ApiClientId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

public readonly record struct UserSessionId(Guid Value) : IEntityId<UserSessionId>
{
    public static string Prefix => "uss_";

    public static UserSessionId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

public readonly record struct FlowId(Guid Value) : IEntityId<FlowId>
{
    public static string Prefix => "flow_";

    public static FlowId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

public readonly record struct ExecutionId(Guid Value) : IEntityId<ExecutionId>
{
    public static string Prefix => "exe_";

    public static ExecutionId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

public readonly record struct EventId(Guid Value) : IEntityId<EventId>
{
    public static string Prefix => "evt_";

    public static EventId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

public readonly record struct RingKeyId(Guid Value) : IEntityId<RingKeyId>
{
    public static string Prefix => "key_";

    public static RingKeyId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

public readonly record struct RevocationJobId(Guid Value) : IEntityId<RevocationJobId>
{
    public static string Prefix => "rvk_";

    public static RevocationJobId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

public readonly record struct ToolId(Guid Value) : IEntityId<ToolId>
{
    public static string Prefix => "tol_";

    public static ToolId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

public readonly record struct McpConfigId(Guid Value) : IEntityId<McpConfigId>
{
    public static string Prefix => "mcp_";

    public static McpConfigId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

public readonly record struct McpInstanceId(Guid Value) : IEntityId<McpInstanceId>
{
    public static string Prefix => "mci_";

    public static McpInstanceId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

/// <summary>A client of the authorization server for people: an MCP client, not an application's API client.</summary>
public readonly record struct OAuthClientId(Guid Value) : IEntityId<OAuthClientId>
{
    public static string Prefix => "oac_";

    public static OAuthClientId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}

/// <summary>What one person allowed one such client at one resource.</summary>
public readonly record struct GrantId(Guid Value) : IEntityId<GrantId>
{
    public static string Prefix => "grt_";

    public static GrantId From(Guid value) => new(value);

    public override string ToString() => EntityId.Format(this);
}
