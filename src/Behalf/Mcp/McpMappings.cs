using Behalf.Connections;
using Behalf.Tools;

namespace Behalf.Mcp;

/// <summary>Checks what a server is to offer: connections there are, and tools they have. Gathers all faults.</summary>
internal sealed class McpMappings(IConnections connections, ITools tools)
{
    public const int Most = 25;
    private const int MostTools = 500;
    private const string Field = "connection_tool_mappings";

    public async Task<Result<IReadOnlyList<McpMapping>>> CheckAsync(
        EnvironmentId environment,
        IReadOnlyList<NewMcpMapping> wanted,
        CancellationToken cancellationToken
    )
    {
        if (wanted.Count is 0 or > Most)
        {
            return Problem.Invalid(Field, "max_items", $"are 1 to {Most}");
        }

        List<McpMapping> mappings = [];
        List<FieldViolation> faults = [];
        for (int i = 0; i < wanted.Count; i++)
        {
            string path = $"{Field}[{i}]";
            ConnectionView? view = await FindAsync(environment, wanted[i].ConnectionName, cancellationToken);
            if (view is null || mappings.Exists(mapping => mapping.Connection == view.Connection.Id))
            {
                faults.Add(
                    new FieldViolation(
                        $"{path}.connection_name",
                        view is null ? "names no connection" : "is mapped twice",
                        "connection_name"
                    )
                );
                continue;
            }

            Connection connection = view.Connection;
            faults.AddRange(await FaultsOfAsync(connection, wanted[i].Tools, path, cancellationToken));
            mappings.Add(
                new McpMapping(
                    connection.Id,
                    connection.Name,
                    connection.Connector,
                    [.. wanted[i].Tools.Distinct(StringComparer.Ordinal)]
                )
            );
        }

        return faults.Count == 0
            ? mappings
            : Problem.Invalid("invalid_argument", $"{faults[0].Field} {faults[0].Description}") with
            {
                Violations = faults,
            };
    }

    private async Task<IReadOnlyList<FieldViolation>> FaultsOfAsync(
        Connection connection,
        IReadOnlyList<string> names,
        string path,
        CancellationToken cancellationToken
    )
    {
        if (names.Count == 0)
        {
            return [];
        }

        if (names.Count > MostTools)
        {
            return [new FieldViolation($"{path}.tools", $"are more than {MostTools}", "max_items")];
        }

        IReadOnlySet<string> offered = await tools.NamesOfAsync(connection, cancellationToken);
        return
        [
            .. names
                .Where(name => !offered.Contains(name))
                .Select(name => new FieldViolation(
                    $"{path}.tools",
                    $"holds a tool that \"{connection.Name}\" does not have",
                    "tool_name"
                )),
        ];
    }

    private async Task<ConnectionView?> FindAsync(
        EnvironmentId environment,
        string name,
        CancellationToken cancellationToken
    ) =>
        ConnectionName.TryParse(name, out ConnectionName parsed, out _)
            ? (await connections.FindAsync(environment, parsed, cancellationToken)).Value
            : null;
}
