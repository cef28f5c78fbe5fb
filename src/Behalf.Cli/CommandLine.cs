using System.CommandLine;
using Behalf.Cli.Commands.Account;
using Behalf.Cli.Commands.Agent;
using Behalf.Cli.Commands.Audit;
using Behalf.Cli.Commands.Client;
using Behalf.Cli.Commands.Connection;
using Behalf.Cli.Commands.Connector;
using Behalf.Cli.Commands.Environment;
using Behalf.Cli.Commands.GroupRule;
using Behalf.Cli.Commands.IdentityProvider;
using Behalf.Cli.Commands.Keys;
using Behalf.Cli.Commands.McpClient;
using Behalf.Cli.Commands.Person;
using Behalf.Cli.Commands.Revocation;
using Behalf.Cli.Commands.Session;
using Behalf.Cli.Commands.Tools;
using Behalf.Cli.Commands.User;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;

namespace Behalf.Cli;

/// <summary>The command line: one line per command.</summary>
internal static class CommandLine
{
    private const string Description = """
        Behalf: every tool call an agent makes runs as the user who asked.

        Beside the commands below: `behalf serve` runs the server, `behalf sandbox` the practice provider and model; keys init, database, doctor and connector validate, test and import work on a server's files. Each explains itself with --help.
        """;

    public static async Task<int> RunAsync(string[] arguments, Surroundings surroundings)
    {
        using var interrupts = new Interrupts();
        var parsed = Create(surroundings, interrupts)
            .Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            await surroundings.Error.WriteLineAsync(Inert.Line(Usage.Objection(parsed)));
            await surroundings.Error.WriteLineAsync($"Try: {Usage.CommandPath(parsed)} --help");
            return ExitCode.Usage;
        }
        return await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = surroundings.Out,
                Error = surroundings.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            },
            interrupts.Token
        );
    }

    private static Command Create(Surroundings surroundings, Interrupts interrupts)
    {
        var shell = new CommandShell(surroundings, interrupts);
        return shell.Root(
            Description,
            shell.Noun(
                "connection",
                "Connectors configured with an OAuth client of your own.",
                ConnectionAddCommand.Create(shell),
                ConnectionListCommand.Create(shell),
                ConnectionShowCommand.Create(shell),
                ConnectionUpdateCommand.Create(shell),
                ConnectionRevokeCommand.Create(shell),
                ConnectionRemoveCommand.Create(shell)
            ),
            shell.Noun(
                "account",
                "Users' connected accounts.",
                AccountLinkCommand.Create(shell),
                AccountListCommand.Create(shell),
                AccountShowCommand.Create(shell),
                AccountVerifyCommand.Create(shell),
                AccountRevokeCommand.Create(shell)
            ),
            shell.Noun(
                "tools",
                "Tools, and what a user may call.",
                ToolsListCommand.Create(shell),
                ToolsShowCommand.Create(shell)
            ),
            Demo.DemoCommand.Create(shell),
            ExecCommand.Create(shell),
            ExplainCommand.Create(shell),
            AgentCommand.Create(shell),
            shell.Noun("session", "Credentials bound to one user.", SessionCreateCommand.Create(shell)),
            shell.Noun(
                "user",
                "Whole users, across their accounts.",
                UserRevokeCommand.Create(shell),
                UserSignOutCommand.Create(shell),
                UserRemoveCommand.Create(shell)
            ),
            shell.Noun(
                "revocation",
                "What was stopped, and what the provider confirmed.",
                RevocationListCommand.Create(shell),
                RevocationExportCommand.Create(shell)
            ),
            shell.Noun(
                "person",
                "People who sign in at Behalf itself, with a password of its directory.",
                PersonAddCommand.Create(shell),
                PersonListCommand.Create(shell),
                PersonSetCommand.Create(shell),
                PersonRemoveCommand.Create(shell)
            ),
            shell.Noun(
                "identity-provider",
                "The OpenID Connect provider at which people sign in.",
                IdentityProviderSetCommand.Create(shell),
                IdentityProviderShowCommand.Create(shell),
                IdentityProviderRemoveCommand.Create(shell)
            ),
            shell.Noun(
                "mcp-client",
                "MCP clients that may ask people for access.",
                McpClientAddCommand.Create(shell),
                McpClientListCommand.Create(shell),
                McpClientRemoveCommand.Create(shell)
            ),
            shell.Noun(
                "group-rule",
                "What groups of people may reach through MCP clients.",
                GroupRuleSetCommand.Create(shell),
                GroupRuleListCommand.Create(shell),
                GroupRuleRemoveCommand.Create(shell)
            ),
            shell.Noun(
                "audit",
                "Who did what, on whose behalf.",
                AuditListCommand.Create(shell),
                AuditVerifyCommand.Create(shell),
                AuditExportCommand.Create(shell),
                AuditRedactCommand.Create(shell)
            ),
            shell.Noun(
                "connector",
                "Providers' definitions.",
                ConnectorAddCommand.Create(shell),
                ConnectorImportCommand.Create(shell),
                ConnectorListCommand.Create(shell),
                ConnectorShowCommand.Create(shell)
            ),
            shell.Noun(
                "env",
                "Environments (operator).",
                EnvironmentAddCommand.Create(shell),
                EnvironmentListCommand.Create(shell),
                EnvironmentSetCommand.Create(shell),
                EnvironmentRevokeCommand.Create(shell)
            ),
            shell.Noun(
                "keys",
                "The server's key ring (operator); `keys init` makes a root key.",
                KeysListCommand.Create(shell),
                KeysRotateCommand.Create(shell),
                KeysDestroyCommand.Create(shell)
            ),
            shell.Noun(
                "client",
                "Applications' service credentials (operator).",
                ClientAddCommand.Create(shell),
                ClientListCommand.Create(shell),
                ClientUpdateCommand.Create(shell),
                ClientRotateCommand.Create(shell),
                ClientRemoveCommand.Create(shell)
            )
        );
    }
}
