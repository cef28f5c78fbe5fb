using Behalf.Connections;
using Behalf.Egress;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>
/// Takes a stream up again that ended before the answer came: the server holds the rest, and nothing is asked for a second
/// time. At most three times, and no longer than the request itself may take.
/// </summary>
internal sealed class McpStream(RunContext context)
{
    private const int MostTries = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <returns>Null: the answer did not come this way either.</returns>
    public async Task<JObject?> ResumeAsync(
        StreamPosition position,
        long id,
        IReadOnlyList<KeyValuePair<string, string>> headers,
        CancellationToken cancellationToken
    )
    {
        for (int attempt = 0; attempt < MostTries; attempt++)
        {
            await Task.Delay(position.Pause, context.Time, cancellationToken);
            await context.BeginRequestAsync();
            UpstreamOutcome outcome = await context.Upstream.StreamAsync(
                new UpstreamRequest
                {
                    Operation = "stream",
                    Method = HttpMethod.Get,
                    Path = context.Definition.Remote!.Path,
                    Headers =
                    [
                        new("Accept", McpMessages.EventStream),
                        new("Last-Event-ID", position.LastId!),
                        .. headers,
                    ],
                    Writes = false,
                    Timeout = Patience,
                    IdleTimeout = Patience,
                },
                cancellationToken
            );
            if (outcome is not UpstreamOutcome.Streaming { Answer: var answer })
            {
                return null;
            }

            await using (answer)
            {
                if (answer.Status != 200)
                {
                    return null;
                }

                (JObject? found, position) = await ReadAsync(answer, position, id, cancellationToken);
                if (found is not null)
                {
                    return found;
                }
            }
        }

        return null;
    }

    private async Task<(JObject? Answer, StreamPosition Position)> ReadAsync(
        EgressStream stream,
        StreamPosition position,
        long id,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource patience = new(Patience, context.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            patience.Token,
            cancellationToken
        );
        McpEvents events = new(stream, position, context);
        try
        {
            await foreach (JObject message in events.ReadAsync(either.Token))
            {
                if (McpMessages.Answers(message, id))
                {
                    return (message, events.Position);
                }
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // The server holds the stream open and says nothing.
        }

        return (null, events.Position);
    }
}
