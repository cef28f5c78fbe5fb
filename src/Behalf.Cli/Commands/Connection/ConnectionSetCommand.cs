using System.CommandLine;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Connection;

internal static class ConnectionSetCommand
{
    public static Command Create(CommandShell shell)
    {
        var name = new Argument<string>("name") { Description = "The connection's name." };
        var proxy = ProxyFeature.Option("What the proxy passes.");
        proxy.Required = true;
        return shell.Verb(
            "set",
            "Changes what a connection's proxy passes; calls that start from now on go by it.",
            [name, proxy],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var changed = await behalf.Connections.SetProxyAsync(
                    call.Require(name),
                    call.Get(proxy) ?? "default",
                    call.Token
                );
                call.Report.Json(changed);
                call.Report.Line($"The proxy of \"{changed.Name}\": {ProxyFeature.Text(changed.Proxy)}.");
                return ExitCode.Ok;
            }
        );
    }
}
