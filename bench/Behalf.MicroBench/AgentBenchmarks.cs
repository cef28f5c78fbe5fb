using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Agent;
using Behalf.Client;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;

namespace Behalf.MicroBench;

/// <summary>
/// What the agent's loop adds to a turn: the model and Behalf answer at once, so that nothing else is left of it. A user
/// with sixty tools; each turn but the last calls one.
/// </summary>
public class AgentBenchmarks
{
    private const int Turns = 10;

    private readonly User _user = new();

    [Benchmark(Description = "agent: a turn that calls a tool", OperationsPerInvoke = Turns)]
    public async Task<int> Turn()
    {
        BehalfAgent agent = new(new Model());
        AgentEvent? last = null;
        await foreach (AgentEvent happened in agent.RunAsync("List my open tasks.", _user))
        {
            last = happened;
        }

        return last is AgentEvent.Completed { Stop: AgentStop.Answered } && _user.Calls > 0
            ? _user.Calls
            : throw new InvalidOperationException($"The run ended with {last}.");
    }

    private sealed class Model : IChatClient
    {
        private int _turn;

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default
        )
        {
            await Task.Yield();
            bool isLast = ++_turn == Turns;
            yield return new ChatResponseUpdate(
                ChatRole.Assistant,
                isLast
                    ? [new TextContent("Two tasks are open.")]
                    :
                    [
                        new FunctionCallContent(
                            $"call_{_turn}",
                            User.ToolName(_turn),
                            new Dictionary<string, object?>(StringComparer.Ordinal) { ["status"] = "open" }
                        ),
                    ]
            )
            {
                FinishReason = isLast ? ChatFinishReason.Stop : ChatFinishReason.ToolCalls,
            };
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
            // Nothing is held.
        }
    }

    private sealed class User : IUserClient
    {
        private const int Tools = 60;

        private static readonly JsonElement Schema = JsonSerializer.Deserialize<JsonElement>(
            """{"type": "object", "properties": {"status": {"type": "string", "enum": ["open", "done"]}}}"""
        );

        private readonly UserTools _tools = new(
            [
                .. Enumerable
                    .Range(0, Tools)
                    .Select(i => new UserTool(
                        ToolName(i),
                        "List tasks",
                        "Lists the tasks that are assigned to you.",
                        Schema,
                        "acme",
                        IsReadOnly: true,
                        IsDestructive: false,
                        IsIdempotent: true
                    )),
            ],
            [new UserAccount("ca_1", "acme", "acme", "ACTIVE")]
        );

        private int _calls;

        public int Calls => _calls;

        public static string ToolName(int number) => $"acme_list_tasks_{number}";

        public Task<UserTools> ListToolsAsync(CancellationToken cancellationToken = default) => Task.FromResult(_tools);

        public Task<IReadOnlyList<UserTool>> SearchToolsAsync(
            string query,
            int most = 8,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException("Sixty tools are shown.");

        public Task<ToolExplanation> ExplainToolAsync(
            string toolName,
            JsonObject arguments,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException("Nothing is refused.");

        public Task<ToolOutcome> CallToolAsync(
            string toolName,
            JsonObject arguments,
            string? agentRunId = null,
            CancellationToken cancellationToken = default
        )
        {
            Interlocked.Increment(ref _calls);
            return Task.FromResult<ToolOutcome>(
                new ToolOutcome.Succeeded(
                    new JsonObject { ["tasks"] = new JsonArray(new JsonObject { ["gid"] = "7", ["name"] = "Door" }) },
                    "exec_1"
                )
            );
        }
    }
}
