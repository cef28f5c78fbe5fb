using Behalf.Agent;
using Behalf.Client;

if (args is not [var identifier, var prompt])
{
    Console.Error.WriteLine("usage: DotnetConsole IDENTIFIER PROMPT");
    return 2;
}

const string Connection = "asana";
using BehalfClient behalf = new(BehalfClientOptions.FromEnvironment());

// Connect, the first time: the person opens the link, consents, and types the code that the last page shows.
ConnectedAccount account = await behalf.Accounts.GetOrCreateAsync(Connection, identifier);
if (!account.IsActive)
{
    AuthorizationLink link = await behalf.Accounts.CreateLinkAsync(Connection, identifier);
    Console.WriteLine($"Open {link.Link}");
    Console.Write("Code: ");
    await behalf.Accounts.VerifyAsync(Console.ReadLine() ?? string.Empty, identifier);
}

// Run: the agent gets a client that is this one user. The service credential stays here.
if (ModelOptions.FromEnvironment() is not ModelOptionsResult.Found { Options: var model })
{
    Console.Error.WriteLine("Set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL to the practice model's address.");
    return 1;
}

using UserClient user = behalf.CreateUserClient(identifier);
await foreach (AgentEvent happened in new BehalfAgent(ClaudeChatClient.Create(model)).RunAsync(prompt, user))
{
    switch (happened)
    {
        case AgentEvent.ToolReturned tool:
            Console.WriteLine($"→ {tool.Name}: {tool.Summary}");
            break;
        case AgentEvent.Completed completed:
            Console.WriteLine(completed.Text);
            return completed.Stop == AgentStop.Answered ? 0 : 1;
    }
}

return 1;
