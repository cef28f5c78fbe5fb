namespace Behalf.Connectors.Operations;

/// <summary>
/// A connector's operations by method and path. What is not found is unknown, never guessed: whoever asks treats it as a
/// write. Immutable; safe to call concurrently.
/// </summary>
public sealed class OperationTable
{
    private readonly Dictionary<(string Method, int Segments), OperationPath[]> _paths;

    internal OperationTable(IReadOnlyList<Operation> operations)
    {
        All = operations;
        _paths = operations
            .Select(operation => new OperationPath(operation))
            .GroupBy(path => (path.Operation.Method.Method, path.Length))
            .ToDictionary(group => group.Key, group => group.Order(OperationPath.MostLiteralFirst).ToArray());
    }

    public static OperationTable Empty { get; } = new([]);

    /// <value>In the order of the document.</value>
    public IReadOnlyList<Operation> All { get; }

    /// <param name="method">HEAD is looked up as GET.</param>
    /// <param name="path">As it will be sent: encoded, below the connection's base URL, without query.</param>
    public Operation? Find(HttpMethod method, string path)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(path);
        string name = method == HttpMethod.Head ? HttpMethod.Get.Method : method.Method;
        if (!path.StartsWith('/'))
        {
            return null;
        }

        string[] segments = path[1..].Split('/');
        return _paths.TryGetValue((name, segments.Length), out OperationPath[]? candidates)
            ? Array.Find(candidates, candidate => candidate.Matches(segments))?.Operation
            : null;
    }
}
