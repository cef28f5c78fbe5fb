namespace Behalf.Connectors.Operations;

/// <summary>An operation's path, segment by segment. A literal matches its own spelling only; a slot any one segment.</summary>
internal sealed class OperationPath
{
    // Null stands for a slot.
    private readonly string?[] _segments;

    public OperationPath(Operation operation)
    {
        Operation = operation;
        _segments = [.. operation.Path[1..].Split('/').Select(segment => segment.StartsWith('{') ? null : segment)];
    }

    public Operation Operation { get; }

    public int Length => _segments.Length;

    /// <summary>Of two that match, the one whose first difference is a literal is meant: <c>/users/me</c> before <c>/users/{user}</c>.</summary>
    public static Comparer<OperationPath> MostLiteralFirst { get; } =
        Comparer<OperationPath>.Create(
            (left, right) =>
                left
                    ._segments.Zip(right._segments, (one, other) => (one is null ? 1 : 0) - (other is null ? 1 : 0))
                    .FirstOrDefault(difference => difference != 0)
        );

    public bool Matches(string[] segments)
    {
        for (int i = 0; i < _segments.Length; i++)
        {
            if (_segments[i] is { } literal ? segments[i] != literal : !IsOneSegment(segments[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A server that decodes before it splits would see more segments than we do: then we do not know what is meant.</summary>
    private static bool IsOneSegment(string segment) =>
        segment.Length > 0 && Uri.UnescapeDataString(segment).AsSpan().IndexOfAny('/', '\\', '%') < 0;
}
