using System.CommandLine;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Connection;

internal static class ConnectionShowCommand
{
    public static Command Create(CommandShell shell)
    {
        var name = new Argument<string>("name") { Description = "The connection's name." };
        return shell.Verb(
            "show",
            "Shows one connection and what is registered at the provider.",
            [name],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var connection = await behalf.Connections.GetAsync(call.Require(name), call.Token);
                call.Report.Item(
                    connection,
                    ("Name", connection.Name),
                    ("Id", connection.Id),
                    ("Connector", $"{connection.ConnectorName} ({connection.Connector})"),
                    ("Revision", connection.ConnectorRevision),
                    ("State", connection.IsEnabled ? "enabled" : "disabled"),
                    ("API", connection.BaseUrl),
                    ("OAuth", connection.OAuthUrl),
                    ("Client id", connection.ClientId),
                    ("Tool prefix", connection.ToolPrefix),
                    (
                        "Allowed tools",
                        connection.AllowedTools is []
                            ? "every tool the grant allows"
                            : string.Join(' ', connection.AllowedTools)
                    ),
                    ("Proxy", ProxyFeature.Text(connection.Proxy)),
                    ("Created", When.Text(connection.CreatedAt))
                );
                if (connection.NewestRevision.Length > 0)
                {
                    call.Report.Line();
                    call.Report.Line(
                        $"Its connector has a newer revision ({connection.NewestRevision[..12]}), which `behalf connection update {connection.Name} --accept` takes:"
                    );
                    foreach (var difference in connection.Waiting)
                    {
                        call.Report.Line($"  {difference}");
                    }
                }
                call.Report.Line();
                Registration.Write(call.Report, connection);
                return ExitCode.Ok;
            }
        );
    }
}
