using System.CommandLine;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Connection;

internal static class ConnectionUpdateCommand
{
    private const string On = "on";
    private const string Off = "off";

    public static Command Create(CommandShell shell)
    {
        var name = new Argument<string>("name") { Description = "The connection, as in `behalf connection list`." };
        var newName = Text("--name", "NAME", "Another name.");
        var clientId = Text("--client-id", "ID", "The OAuth client's id at the provider.");
        var secret = new ClientSecretFeature();
        var scopes = Options.Many("--scopes", "SCOPE", "Scopes to ask for at the next consent.");
        var baseUrl = Text("--base-url", "URL", "The origin of the provider's API.");
        var oauthUrl = Text("--oauth-url", "URL", "The origin of the provider's authorization server.");
        var tools = Options.Many("--allow-tool", "TOOL", "Only these tools; a trailing * matches the rest of a name.");
        var allTools = new Option<bool>("--all-tools") { Description = "Ends an allow-list." };
        var enabled = new Option<string?>("--enabled")
        {
            Description = "Off: it starts no call and makes no link.",
            HelpName = "on|off",
        };
        enabled.AcceptOnlyFromAmong(On, Off);
        var accept = new Option<bool>("--accept")
        {
            Description = "Takes the connector's newest revision, whatever differs (`behalf connection show`).",
        };
        var proxy = ProxyFeature.Option("What the proxy passes.");
        return shell.Verb(
            "update",
            "Changes a connection, for every call that starts from now on. Origins and OAuth client stay while it holds users' tokens.",
            [
                name,
                newName,
                clientId,
                .. secret.Options,
                scopes,
                baseUrl,
                oauthUrl,
                tools,
                allTools,
                enabled,
                proxy,
                accept,
            ],
            async call =>
            {
                using var behalf = call.ConnectAsService();
                var only = call.Require(tools);
                var changed = await behalf.Connections.ChangeAsync(
                    call.Require(name),
                    new ConnectionChange
                    {
                        Name = call.Get(newName),
                        ClientId = call.Get(clientId),
                        ClientSecret = await secret.ReadAsync(call, isAsked: false),
                        Scopes = [.. call.Require(scopes).SelectMany(Registration.SplitScopes)],
                        BaseUrl = call.Get(baseUrl),
                        OAuthUrl = call.Get(oauthUrl),
                        AllowedTools =
                            only.Length > 0 ? only
                            : call.Get(allTools) ? []
                            : null,
                        IsEnabled = call.Get(enabled) is { } word ? word == On : null,
                        Proxy = call.Get(proxy),
                        AcceptsNewest = call.Get(accept),
                    },
                    call.Token
                );
                call.Report.Json(changed);
                call.Report.Line(
                    $"Changed the connection \"{changed.Name}\". Registered with {changed.ConnectorName} must be:"
                );
                call.Report.Line();
                Registration.Write(call.Report, changed);
                return ExitCode.Ok;
            }
        );
    }

    private static Option<string?> Text(string name, string help, string description) =>
        new(name) { Description = description, HelpName = help };
}
