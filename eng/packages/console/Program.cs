using Behalf.Agent;
using Behalf.Client;
using Microsoft.Extensions.AI;

// A console program on the packages alone: the server answers it, and a user without an account gets no tools.
using BehalfClient behalf = new(BehalfClientOptions.FromEnvironment());
IReadOnlyList<ConnectorDetails> connectors = await behalf.Connectors.ListAsync();
IReadOnlyList<AIFunction> tools = await behalf.GetScopedToolsAsync("alice");
AgentLimits limits = new();
Console.WriteLine($"{connectors.Count} connectors, {tools.Count} tools, {limits}");
return connectors.Count > 0 && tools.Count == 0 ? 0 : 1;
