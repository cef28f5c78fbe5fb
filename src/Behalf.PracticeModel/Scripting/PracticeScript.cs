namespace Behalf.PracticeModel;

/// <summary>
/// A queue of exact responses. While one applies to a request it is used instead of planning. Safe for concurrent use.
/// </summary>
public sealed class PracticeScript
{
    private readonly Lock gate = new();
    private readonly LinkedList<Entry> entries = [];

    /// <value>How many responses wait, counting <see cref="ScriptedResponse.Times"/>.</value>
    public int Remaining
    {
        get
        {
            lock (gate)
            {
                return entries.Sum(entry => entry.Left);
            }
        }
    }

    /// <returns>The script, for chaining.</returns>
    /// <exception cref="ArgumentException">A block is neither text nor a tool use with a name, or a number is out of range.</exception>
    public PracticeScript Enqueue(params IEnumerable<ScriptedResponse> responses)
    {
        ArgumentNullException.ThrowIfNull(responses);
        foreach (var response in responses)
        {
            Check(response);
            lock (gate)
            {
                entries.AddLast(new Entry(response));
            }
        }

        return this;
    }

    public void Clear()
    {
        lock (gate)
        {
            entries.Clear();
        }
    }

    internal ScriptedResponse? Take(string prompt)
    {
        lock (gate)
        {
            for (var node = entries.First; node is not null; node = node.Next)
            {
                var condition = node.Value.Response.WhenPromptContains;
                if (condition is not null && !prompt.Contains(condition, StringComparison.Ordinal))
                {
                    continue;
                }

                if (--node.Value.Left == 0)
                {
                    entries.Remove(node);
                }

                return node.Value.Response;
            }

            return null;
        }
    }

    private static void Check(ScriptedResponse response)
    {
        if (response is { Times: < 1 } or { DelayMs: < 0 } or { EventDelayMs: < 0 } or { CutAfterEvents: < 0 })
        {
            throw new ArgumentException("times must be at least 1; delays and cut_after_events at least 0.");
        }

        if (response.Error is { Status: < 400 or > 599 })
        {
            throw new ArgumentException("error.status must be between 400 and 599.");
        }

        foreach (var block in response.Content)
        {
            var complete = block.Type switch
            {
                "text" => block.Text is not null,
                "tool_use" => block.Name is not null,
                _ => false,
            };
            if (!complete)
            {
                throw new ArgumentException(
                    $"content: a block is {{type:text, text}} or {{type:tool_use, name, …}}, not type '{block.Type}'."
                );
            }
        }
    }

    private sealed class Entry(ScriptedResponse response)
    {
        public ScriptedResponse Response { get; } = response;

        public int Left { get; set; } = response.Times;
    }
}
