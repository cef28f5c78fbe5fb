using System.CommandLine;
using Behalf.Agent;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Commands.Agent;

/// <summary>
/// <c>behalf agent --identifier U "…"</c>: connect the user if need be, then run the agent on a session that is the
/// user's and nobody else's.
/// </summary>
internal static class AgentCommand
{
    public static Command Create(CommandShell shell)
    {
        var prompt = new Argument<string?>("prompt")
        {
            Description = "What the user asks.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var identifier = Options.Identifier();
        var connection = Options.Connection("Only this connection (needed to connect when there are several).");
        var noWait = new Option<bool>("--no-wait")
        {
            Description = "Do not wait for an authorization: print the link and end with exit code 3.",
        };
        var shown = new Option<int?>("--tools-shown")
        {
            Description =
                "Show the model this many tools that fit the prompt, 0 to 25; it finds others with search_tools.",
        };
        var model = new ModelFeature();
        return shell.Verb(
            "agent",
            "Answers one prompt with a user's tools, as that user.",
            [prompt, identifier, connection, noWait, shown, .. model.Options],
            async call =>
            {
                var text = Prompt(call.Get(prompt), model.PromptBehindFlag(call));
                var claude = model.Check(call);
                var most = call.Get(shown);
                if (most is < 0 or > 25)
                {
                    throw CommandFailure.Usage("--tools-shown is a number from 0 to 25.");
                }
                using var behalf = call.ConnectAsService();
                var user = call.Require(identifier);
                var only = call.Get(connection);
                var connecting = new Connecting(call, behalf, user);
                var missing = await connecting.FindMissingAsync(only);
                if (missing is not null && (call.Get(noWait) || !call.Surroundings.IsInteractive))
                {
                    return await connecting.HandOverAsync(missing);
                }
                await using var practice = claude is null ? await model.StartPracticeAsync(call) : null;
                if (missing is not null)
                {
                    await connecting.WaitAsync(missing);
                }
                using var userClient = behalf.CreateUserClient(
                    user,
                    new SessionLimits { Connections = only is null ? [] : [only] }
                );
                using var chat = ClaudeChatClient.Create(claude ?? ModelOptions.Practice(practice!.Url));
                var agent = new BehalfAgent(chat, call.Surroundings.Clock);
                return await RunAsync(call, behalf, agent, userClient, user, text, most);
            }
        );
    }

    private static string Prompt(string? given, string? behindFlag) =>
        (given, behindFlag) switch
        {
            ({ } text, null) when !string.IsNullOrWhiteSpace(text) => text,
            (null, { } text) => text,
            ({ }, { } url) => throw CommandFailure.Usage(
                $"--practice-model takes an http or https URL, not \"{url}\"."
            ),
            _ => throw CommandFailure.Usage("The prompt is missing: say in quotes what the user asks."),
        };

    private static async Task<int> RunAsync(
        Invocation call,
        BehalfClient behalf,
        BehalfAgent agent,
        UserClient userClient,
        string identifier,
        string prompt,
        int? toolsShown
    )
    {
        var options = new AgentOptions
        {
            ToolsShown = toolsShown,
            DisplayName = identifier,
            ApproveAsync = call.Surroundings.IsInteractive ? new Approvals(call).AskAsync : null,
            AuthorizationLink = async (account, token) =>
            {
                var link = await behalf.Accounts.CreateLinkAsync(
                    account.ConnectionName,
                    identifier,
                    cancellationToken: token
                );
                return link.Link;
            },
        };
        var narration = new Narration(call.Report);
        await foreach (var happened in agent.RunAsync(prompt, userClient, options, call.Token))
        {
            narration.Tell(happened);
        }
        return narration.ExitCode;
    }
}
