using System.Collections.Frozen;
using System.Text.Json;

namespace Behalf.Sandbox.OAuth;

/// <param name="Scopes">All are needed; empty means that only full permissions open it.</param>
internal sealed record Operation(string Id, string Method, string Path, IReadOnlyList<string> Scopes);

/// <summary>Every published operation and its scopes, from the embedded <c>operation-scopes.json</c>.</summary>
internal static class OperationTable
{
    private static readonly IReadOnlyList<string> Identity = ["openid", "email", "profile"];

    public static IReadOnlyList<Operation> All { get; } = Read();

    /// <summary>Scopes an app can register.</summary>
    public static FrozenSet<string> KnownScopes { get; } =
        All.SelectMany(o => o.Scopes).Concat([ScopeSet.Default, .. Identity]).ToFrozenSet();

    public static bool IsIdentity(string scope) => Identity.Contains(scope);

    public static Operation? Find(string method, string path) =>
        All.FirstOrDefault(o => o.Method == method && o.Path == path);

    /// <summary>The operation a path below the API's base is for; a literal wins over a slot.</summary>
    public static (Operation Operation, IReadOnlyList<(string Slot, string Value)> Slots)? Match(
        string method,
        string path
    )
    {
        var given = path.TrimStart('/').Split('/');
        return All.Where(operation => operation.Method == method)
            .Select(operation => (operation, parts: operation.Path[1..].Split('/')))
            .Where(one => one.parts.Length == given.Length)
            .OrderBy(one => one.parts.Count(IsSlot))
            .Where(one =>
                one.parts.Zip(given, (part, value) => IsSlot(part) ? value.Length > 0 : part == value).All(fits => fits)
            )
            .Select(one =>
                (
                    one.operation,
                    (IReadOnlyList<(string, string)>)
                        [
                            .. one
                                .parts.Zip(given)
                                .Where(pair => IsSlot(pair.First))
                                .Select(pair => (pair.First[1..^1], pair.Second)),
                        ]
                )
            )
            .Cast<(Operation, IReadOnlyList<(string, string)>)?>()
            .FirstOrDefault();
    }

    private static bool IsSlot(string part) => part.StartsWith('{');

    private static List<Operation> Read()
    {
        using var stream =
            typeof(OperationTable).Assembly.GetManifestResourceStream("operation-scopes.json")
            ?? throw new InvalidOperationException("The resource operation-scopes.json is missing.");
        using var document = JsonDocument.Parse(stream);
        return
        [
            .. document
                .RootElement.GetProperty("operations")
                .EnumerateArray()
                .Select(o => new Operation(
                    o.GetProperty("operationId").GetString()!,
                    o.GetProperty("method").GetString()!,
                    o.GetProperty("path").GetString()!,
                    [.. o.GetProperty("scopes").EnumerateArray().Select(s => s.GetString()!)]
                ))
                .DistinctBy(o => (o.Method, o.Path)),
        ];
    }
}
