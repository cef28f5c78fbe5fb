using System.Runtime.CompilerServices;
using System.Text;
using Behalf.Connectors.Templates;
using Behalf.Egress;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>The messages of a stream of events, as they come (HTML Living Standard, server-sent events).</summary>
internal sealed class McpEvents(EgressStream stream, StreamPosition begin, RunContext context)
{
    private const int LongestMessage = 4 * 1024 * 1024;

    /// <value>How far it was read.</value>
    public StreamPosition Position { get; private set; } = begin;

    /// <summary>Ends where the stream does, also where it breaks off.</summary>
    public async IAsyncEnumerable<JObject> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using StreamReader reader = new(stream.Body, Encoding.UTF8, leaveOpen: true);
        StringBuilder data = new();
        while (await LineAsync(reader, cancellationToken) is { } line && data.Length <= LongestMessage)
        {
            context.CountBytes(line.Length);
            Position = Position.After(line);
            if (line.StartsWith("data:", StringComparison.Ordinal))
            {
                data.Append(line.AsSpan(5).TrimStart(' ')).Append('\n');
            }
            else if (line.Length == 0 && data.Length > 0)
            {
                if (Tokens.TryParse(Encoding.UTF8.GetBytes(data.ToString())) is JObject message)
                {
                    yield return message;
                }

                data.Clear();
            }
        }
    }

    /// <returns>Null: there are no more.</returns>
    private static async Task<string?> LineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken);
        }
        catch (EgressBrokenException)
        {
            return null; // cut off: where it was left is where it can be taken up
        }
    }
}
