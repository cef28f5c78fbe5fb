namespace Behalf.Egress;

/// <summary>One way a secret may be written. Immutable; safe to call concurrently.</summary>
internal abstract class SecretPattern
{
    /// <summary>The first place at or after <paramref name="from"/> where the secret stands, or may turn out to stand.</summary>
    /// <param name="isWhole">True: nothing follows <paramref name="body"/>, so nothing is left open.</param>
    public abstract Sighting Find(ReadOnlySpan<byte> body, int from, bool isWhole);
}

/// <param name="Start">Where; meaningless for <see cref="None"/>.</param>
/// <param name="Length">In bytes; zero while it is open.</param>
internal readonly record struct Sighting(int Start, int Length)
{
    /// <summary>Nowhere, whatever follows.</summary>
    public static Sighting None => new(-1, 0);

    /// <summary>What follows decides whether, or how far, it stands here.</summary>
    public static Sighting Open(int start) => new(start, 0);

    public bool IsNone => Start < 0;

    public bool IsOpen => Start >= 0 && Length == 0;
}
