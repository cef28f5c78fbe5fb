using System.CommandLine;
using System.Globalization;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Tools;

internal static class ToolsListCommand
{
    public static Command Create(CommandShell shell)
    {
        var identifier = Options.IdentifierFilter();
        identifier.Description = "Only what this user may call now.";
        var connection = Options.Connection("Only tools of this connection.");
        var query = new Option<string?>("--query")
        {
            Description = "Only tools that these words fit; also those that no list holds by default.",
            HelpName = "WORDS",
        };
        return shell.Verb(
            "list",
            "Lists tools: the environment's, or those one user may call now.",
            [identifier, connection, query],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var name = call.Get(connection);
                var words = call.Get(query);
                List<ToolDescription> tools =
                    call.Get(identifier) is null || words is not null
                        ? await behalf
                            .Tools.ListAsync(new ToolQuery { ConnectionName = name, Text = words }, call.Token)
                            .ToListAsync(call.Token)
                        : [];
                if (call.Get(identifier) is { } user && (words is null || tools.Count > 0))
                {
                    tools = await behalf
                        .Tools.ListScopedAsync(
                            user,
                            new ScopedToolQuery
                            {
                                ConnectionNames = name is null ? [] : [name],
                                ToolNames = [.. tools.Select(tool => tool.Name)],
                            },
                            call.Token
                        )
                        .Select(scoped => scoped.Tool)
                        .ToListAsync(call.Token);
                }
                call.Report.Items(
                    tools,
                    call.Get(identifier) is { } nobody
                        ? $"{nobody} may call no tool now. See `behalf account list --identifier {nobody}`."
                        : "No tools: there is no connection yet.",
                    new Column<ToolDescription>("TOOL", tool => tool.Name, KeepsWhole: true),
                    new("DOES", Effect, KeepsWhole: true),
                    new("TOKENS", tool => $"~{tool.ApproximateTokens}", KeepsWhole: true),
                    new("", tool => tool.Title)
                );
                if (tools.Count > 0)
                {
                    call.Report.Line(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{tools.Count} definitions, about {tools.Sum(tool => tool.ApproximateTokens):N0} tokens of each turn that shows them all."
                        )
                    );
                }

                return ExitCode.Ok;
            }
        );
    }

    private static string Effect(ToolDescription tool) =>
        tool.IsReadOnly ? "read"
        : tool.IsDestructive ? "delete"
        : tool.ChangesAccess ? "share"
        : "change";
}
