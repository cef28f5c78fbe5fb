namespace Behalf.Egress;

/// <summary>Finds a spelling byte for byte.</summary>
internal sealed class ExactPattern(byte[] spelling) : SecretPattern
{
    public override Sighting Find(ReadOnlySpan<byte> body, int from, bool isWhole)
    {
        int found = body[from..].IndexOf(spelling);
        if (found >= 0)
        {
            return new Sighting(from + found, spelling.Length);
        }

        for (int at = Math.Max(from, body.Length - spelling.Length + 1); at < body.Length && !isWhole; at++)
        {
            if (spelling.AsSpan().StartsWith(body[at..]))
            {
                return Sighting.Open(at);
            }
        }

        return Sighting.None;
    }
}
