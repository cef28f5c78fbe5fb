using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.PracticeModel.Planning.Results;
using Behalf.PracticeModel.Protocol;

namespace Behalf.PracticeModel.Planning;

/// <summary>
/// The model keeps no state: each request is planned anew from the whole conversation. A call the plan makes is looked up
/// among the calls already answered (by the step written into its id); if it is not there, it becomes the next
/// <c>tool_use</c>.
/// </summary>
internal sealed class Replay
{
    private readonly Dictionary<string, (ToolUseBlock Use, ToolOutput Output)> answered = [];
    private readonly HashSet<string> used = [];
    private readonly List<ReplyToolUse> pending = [];
    private readonly IReadOnlyList<(ToolUseBlock Use, ToolOutput Output)> earlier;
    private readonly int turn;

    public Replay(MessagesRequest request)
    {
        var messages = request.Messages;
        turn = LastPrompt(messages);
        Prompt = turn < 0 ? "" : messages[turn].Text;
        var outputs = Outputs(messages);
        earlier =
        [
            .. Uses(messages.Take(Math.Max(turn, 0)))
                .Where(use => outputs.ContainsKey(use.Id))
                .Select(use => (use, outputs[use.Id])),
        ];
        foreach (var use in Uses(messages.Skip(turn + 1)).Where(use => outputs.ContainsKey(use.Id)))
        {
            answered[use.Id] = (use, outputs[use.Id]);
        }
    }

    public string Prompt { get; }

    public IReadOnlyList<ReplyToolUse> Pending => pending;

    /// <param name="step">Names the call within the plan; letters and digits.</param>
    /// <param name="tool">The tool to call.</param>
    /// <param name="arguments">Its input.</param>
    /// <returns>The answer, or null when the call has still to be made.</returns>
    public ToolOutput? Call(string step, string tool, JsonObject arguments)
    {
        var prefix = $"toolu_{turn}{step}_";
        var json = arguments.ToJsonString();
        var found =
            answered.Keys.FirstOrDefault(id =>
                id.StartsWith(prefix, StringComparison.Ordinal) && answered[id].Use.Name == tool
            )
            ?? answered.Keys.FirstOrDefault(id =>
                !used.Contains(id) && answered[id].Use.Name == tool && Canonical(answered[id].Use.Input) == json
            );
        if (found is not null)
        {
            used.Add(found);
            return answered[found].Output;
        }

        pending.Add(new ReplyToolUse($"{prefix}{RandomNumberGenerator.GetHexString(16, lowercase: true)}", tool, json));
        return null;
    }

    /// <summary>
    /// What the last call of earlier turns found, or else the thing it acted on: the id in the input that an earlier
    /// result named, or else the object that came back.
    /// </summary>
    public IReadOnlyList<Row> EarlierRows()
    {
        if (earlier.LastOrDefault(call => call.Output.Ok) is not { Output: { } output, Use: { } use })
        {
            return [];
        }

        if (output.Rows.Count > 0)
        {
            return output.Rows;
        }

        var ids = use
            .Input.EnumerateObject()
            .Where(input => input.Value.ValueKind == JsonValueKind.String)
            .Select(input => input.Value.GetString()!)
            .ToHashSet();
        var known = earlier
            .SelectMany(call => call.Output.Thing is { } thing ? call.Output.Rows.Append(thing) : call.Output.Rows)
            .FirstOrDefault(row => row.Id is { } id && ids.Contains(id));
        return known is not null ? [known]
            : output.Thing is { } made ? [made]
            : [];
    }

    private static string Canonical(JsonElement input) => JsonObject.Create(input)!.ToJsonString();

    private static int LastPrompt(IReadOnlyList<InputMessage> messages)
    {
        for (var index = messages.Count - 1; index >= 0; index--)
        {
            if (
                messages[index].IsUser
                && messages[index].Text.Length > 0
                && !messages[index].Content.OfType<ToolResultBlock>().Any()
            )
            {
                return index;
            }
        }

        return -1;
    }

    private static IEnumerable<ToolUseBlock> Uses(IEnumerable<InputMessage> messages) =>
        messages.SelectMany(message => message.Content.OfType<ToolUseBlock>());

    private static Dictionary<string, ToolOutput> Outputs(IReadOnlyList<InputMessage> messages)
    {
        var outputs = new Dictionary<string, ToolOutput>();
        foreach (var result in messages.SelectMany(message => message.Content.OfType<ToolResultBlock>()))
        {
            outputs[result.ToolUseId] = ResultReader.Read(result.Text, result.IsError);
        }

        return outputs;
    }
}
