using System.Text;
using Behalf.Connections;
using Behalf.Connectors.Templates;
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
    private const int LongestLine = 4 * 1024 * 1024;
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
        using StreamReader reader = new(stream.Body, Encoding.UTF8, leaveOpen: true);
        StringBuilder data = new();
        try
        {
            while (await reader.ReadLineAsync(either.Token) is { } line && data.Length <= LongestLine)
            {
                context.CountBytes(line.Length);
                position = position.After(line);
                if (line.StartsWith("data:", StringComparison.Ordinal))
                {
                    data.Append(line.AsSpan(5).TrimStart(' ')).Append('\n');
                }
                else if (line.Length == 0 && data.Length > 0)
                {
                    JToken? message = Tokens.TryParse(Encoding.UTF8.GetBytes(data.ToString()));
                    if (message is JObject found && McpMessages.Answers(found, id))
                    {
                        return (found, position);
                    }

                    data.Clear();
                }
            }
        }
        catch (EgressBrokenException)
        {
            // Cut off again: where it was left is where it is taken up next.
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // The server holds the stream open and says nothing.
        }

        return (null, position);
    }
}
