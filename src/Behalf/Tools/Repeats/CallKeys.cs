using System.Buffers.Binary;
using System.Text;
using Behalf.Audit;
using Behalf.Vault;

namespace Behalf.Tools.Repeats;

/// <summary>Derives the keys of calls. Pure but for the ring's MAC key; safe to call concurrently.</summary>
internal sealed class CallKeys(IVault vault)
{
    private const string KeyPurpose = "call_key";
    private const string ContentPurpose = "call_content";

    /// <value>Of a key that a caller brings, in characters.</value>
    public const int MaxLength = 255;

    /// <param name="brought">The caller's own key, or null.</param>
    /// <param name="position">Where the page begins, which is no argument but tells two calls apart.</param>
    public CallKey Of(CallIntent intent, string? brought, string? position)
    {
        string content = Mac(
            ContentPurpose,
            intent.Subject.Identifier.Value,
            intent.Connection.ToString(),
            intent.Tool,
            intent.ArgumentDigest,
            position
        );
        return new CallKey
        {
            // Two runs of an agent that do the same thing mean it twice; and a user who consented anew means it again.
            Value = brought is null
                ? Mac(KeyPurpose, content, intent.AgentRun, intent.GrantedScopes.ToString())
                : Mac(KeyPurpose, brought),
            Content = content,
            IsNamed = brought is not null,
        };
    }

    /// <summary>RFC 9110 has no word for it; as in the IETF draft it is opaque: printable ASCII, at most 255 characters.</summary>
    public static Problem? ProblemWith(string? brought) =>
        brought is null || (brought.Length is > 0 and <= MaxLength && brought.All(c => c is >= ' ' and <= '~'))
            ? null
            : Problem.Invalid(
                "idempotency-key",
                "idempotency_key",
                $"must have 1 to {MaxLength} printable ASCII characters"
            );

    /// <summary>Length-prefixed, so that no two lists of parts look alike; null is a part too.</summary>
    private string Mac(string purpose, params ReadOnlySpan<string?> parts)
    {
        using MemoryStream data = new();
        Span<byte> length = stackalloc byte[4];
        foreach (string? part in parts)
        {
            byte[] bytes = part is null ? [] : Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, part is null ? -1 : bytes.Length);
            data.Write(length);
            data.Write(bytes);
        }

        return Convert.ToHexStringLower(vault.Mac(purpose, data.ToArray()));
    }
}
