using System.Text.Json.Nodes;

namespace Behalf.Cli.Demo;

/// <summary>What the application streamed of one run, line by line as it came.</summary>
internal sealed class AgentTranscript
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public string Answer { get; private set; } = string.Empty;

    public Uri? ReconnectLink { get; private set; }

    public string? Failure { get; private set; }

    /// <returns>The tool that just came back, if the line is about one.</returns>
    public (string Name, long Milliseconds, bool Ok)? Add(string line)
    {
        _lines.Add(line);
        JsonNode entry = JsonNode.Parse(line)!;
        switch ((string)entry["type"]!)
        {
            case "tool_returned":
                return ((string)entry["name"]!, (long)entry["milliseconds"]!, (bool)entry["ok"]!);
            case "authorization_required":
                ReconnectLink = (string?)entry["link"] is { } link ? new Uri(link) : null;
                break;
            case "completed":
                Answer = (string)entry["text"]!;
                break;
            case "failed":
                Failure = (string)entry["message"]!;
                break;
        }

        return null;
    }
}
