using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Connector;

/// <summary>The half of `connector import` that asks a server; the other half, for documents, works on files.</summary>
internal static class ConnectorImportCommand
{
    public static Command Create(CommandShell shell)
    {
        var url = new Option<Uri>("--mcp")
        {
            Description = "The endpoint of a remote MCP server.",
            HelpName = "URL",
            Required = true,
        };
        var slug = new Option<string?>("--slug")
        {
            Description = "The connector's name (else the host's).",
            HelpName = "SLUG",
        };
        var name = new Option<string?>("--name") { Description = "A name for people.", HelpName = "NAME" };
        return shell.Verb(
            "import",
            "Makes a remote MCP server a connector (or, with a file instead of --mcp, an OpenAPI document).",
            [url, slug, name],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var added = await behalf.Connectors.AddRemoteAsync(
                    call.Require(url),
                    call.Get(slug),
                    call.Get(name),
                    call.Token
                );
                call.Report.Json(added);
                call.Report.Line($"Added the connector \"{added.Slug}\". Its tools follow with the first account:");
                call.Report.Line($"  behalf connection add {added.Slug}");
                call.Report.Line($"  behalf account link --connection {added.Slug} --identifier …");
                call.Report.Line($"  behalf exec {added.Slug}_refresh_tools --identifier …");
                call.Report.Line(
                    $"  behalf connection show {added.Slug}, then: behalf connection update {added.Slug} --accept"
                );
                return ExitCode.Ok;
            }
        );
    }
}
