using System.CommandLine;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Client;

internal static class ClientUpdateCommand
{
    public static Command Create(CommandShell shell)
    {
        var id = new Argument<string>("client") { Description = "The client's id, as in `behalf client list`." };
        var name = new Option<string?>("--name") { Description = "Another name.", HelpName = "NAME" };
        var connections = Options.Many("--connection", "NAME", "Limit it to these connections.");
        var allConnections = new Option<bool>("--all-connections") { Description = "Ends the limit to connections." };
        var tools = Options.Many("--tool", "TOOL", "Limit it to these tools.");
        var allTools = new Option<bool>("--all-tools") { Description = "Ends the limit to tools." };
        return shell.Verb(
            "update",
            "Changes a client's name and limits, for every call that starts from now on.",
            [id, name, connections, allConnections, tools, allTools],
            async call =>
            {
                using var behalf = call.ConnectAsOperator();
                var changed = await behalf.Clients.ChangeAsync(
                    call.Require(id),
                    new ApiClientChange
                    {
                        Name = call.Get(name),
                        Connections = Limit(call, connections, allConnections),
                        Tools = Limit(call, tools, allTools),
                    },
                    call.Token
                );
                call.Report.Json(changed);
                call.Report.Line(
                    $"Changed {changed.ClientId} \"{changed.Name}\": {Text("connections", changed.Connections)}, {Text("tools", changed.Tools)}."
                );
                return ExitCode.Ok;
            }
        );
    }

    /// <returns>Null: as it is. Empty: none any more.</returns>
    private static string[]? Limit(Invocation call, Option<string[]> names, Option<bool> all) =>
        (call.Require(names), call.Get(all)) switch
        {
            ({ Length: > 0 }, true) => throw CommandFailure.Usage(
                $"{names.Name} and {all.Name} contradict each other."
            ),
            ({ Length: > 0 } only, _) => only,
            (_, true) => [],
            _ => null,
        };

    private static string Text(string what, IReadOnlyList<string> limit) =>
        limit.Count == 0 ? $"all {what}" : $"{what} {string.Join(' ', limit)}";
}
