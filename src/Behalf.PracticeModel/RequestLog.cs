using System.Text.Json;

namespace Behalf.PracticeModel;

/// <summary>A request as <c>GET /_practice/requests</c> shows it. Credentials are never part of it.</summary>
internal sealed record SeenRequest(
    DateTimeOffset At,
    string Path,
    string? AnthropicVersion,
    string? UserAgent,
    JsonElement Body
);

/// <summary>The latest requests, bounded in number and bytes. Safe for concurrent use.</summary>
internal sealed class RequestLog(PracticeModelOptions options)
{
    private readonly Lock gate = new();
    private readonly Queue<(SeenRequest Request, int Bytes)> seen = [];
    private long bytes;

    public void Add(SeenRequest request, int bodyBytes)
    {
        lock (gate)
        {
            seen.Enqueue((request, bodyBytes));
            bytes += bodyBytes;
            while (seen.Count > options.RememberedRequests || bytes > options.RememberedBytes)
            {
                bytes -= seen.Dequeue().Bytes;
            }
        }
    }

    public IReadOnlyList<SeenRequest> Snapshot()
    {
        lock (gate)
        {
            return [.. seen.Select(entry => entry.Request)];
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            seen.Clear();
            bytes = 0;
        }
    }
}
