using System.CommandLine;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Connection;

internal static class ConnectionAddCommand
{
    public static Command Create(CommandShell shell)
    {
        var connector = new Argument<string>("connector")
        {
            Description = "The connector, as in `behalf connector list`.",
        };
        var name = new Option<string?>("--name")
        {
            Description = "A name of its own (else the connector's).",
            HelpName = "NAME",
        };
        var clientId = new Option<string?>("--client-id")
        {
            Description = "The OAuth client's id at the provider.",
            HelpName = "ID",
        };
        var secret = new ClientSecretFeature();
        var scopes = Options.Many("--scopes", "SCOPE", "Scopes to ask for (else the connector's defaults).");
        var baseUrl = new Option<string?>("--base-url")
        {
            Description = "The origin of the provider's API.",
            HelpName = "URL",
        };
        var oauthUrl = new Option<string?>("--oauth-url")
        {
            Description = "The origin of the provider's authorization server.",
            HelpName = "URL",
        };
        var prefix = new Option<string?>("--tool-prefix")
        {
            Description = "What its tools' names begin with.",
            HelpName = "PREFIX",
        };
        var tools = Options.Many("--allow-tool", "TOOL", "Only these tools; a trailing * matches the rest of a name.");
        var proxy = ProxyFeature.Option(
            "What the proxy passes (else all for service credentials, nothing for user sessions)."
        );
        return shell.Verb(
            "add",
            "Configures a connector with your OAuth client and prints what to register at the provider.",
            [connector, name, clientId, .. secret.Options, scopes, baseUrl, oauthUrl, prefix, tools, proxy],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var id = call.Get(clientId);
                var added = await behalf.Connections.AddAsync(
                    new NewConnection
                    {
                        Connector = call.Require(connector),
                        Name = call.Get(name),
                        ClientId = id,
                        ClientSecret = await secret.ReadAsync(call, isAsked: id is not null),
                        Scopes = [.. call.Require(scopes).SelectMany(Registration.SplitScopes)],
                        BaseUrl = call.Get(baseUrl),
                        OAuthUrl = call.Get(oauthUrl),
                        ToolPrefix = call.Get(prefix),
                        AllowedTools = call.Require(tools),
                        Proxy = call.Get(proxy),
                    },
                    call.Token
                );
                call.Report.Json(added);
                if (string.IsNullOrEmpty(added.ClientId))
                {
                    call.Report.Line(
                        $"Added the connection \"{added.Name}\". Its users type their {added.ConnectorName} credential in on the connect page."
                    );
                    return ExitCode.Ok;
                }
                call.Report.Line($"Added the connection \"{added.Name}\". Register with {added.ConnectorName}:");
                call.Report.Line();
                Registration.Write(call.Report, added);
                return ExitCode.Ok;
            }
        );
    }
}
