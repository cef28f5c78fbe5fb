using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Google.Protobuf;

namespace Behalf.Server.Api.Json;

/// <summary>
/// The messages of one answer that other answers hold too, in their order. What the transcoder wrote of one is kept while
/// the message is in memory; from then on an empty message goes through the transcoder and the kept bytes take its place.
/// Who gets which of them is decided anew for each answer.
/// </summary>
internal sealed class SharedMessages
{
    private static readonly ConditionalWeakTable<IMessage, byte[]> Written = [];

    private readonly List<(IMessage Message, byte[]? Written)> _sent = [];

    /// <param name="message">Never changed from now on.</param>
    /// <returns>What to answer with in its place: the message itself, or an empty one.</returns>
    public T Send<T>(T message)
        where T : class, IMessage, new()
    {
        byte[]? written = Written.TryGetValue(message, out byte[]? kept) ? kept : null;
        _sent.Add((message, written));
        return written is null ? message : Empty<T>.Message;
    }

    /// <summary>Copies an answer, with the kept messages where empty ones stand.</summary>
    /// <param name="json">As the transcoder wrote it.</param>
    /// <param name="property">The one whose values the messages are.</param>
    /// <param name="depth">Of the objects that have this property; the answer itself is 1.</param>
    /// <param name="target">Takes the copy.</param>
    public void Put(ReadOnlySpan<byte> json, ReadOnlySpan<byte> property, int depth, IBufferWriter<byte> target)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = 256 });
        int copied = 0;
        foreach ((IMessage message, byte[]? written) in _sent)
        {
            SkipTo(ref reader, property, depth);
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            int end = (int)reader.BytesConsumed;
            if (written is null)
            {
                Written.AddOrUpdate(message, json[start..end].ToArray());
            }
            else
            {
                target.Write(json[copied..start]);
                target.Write(written);
                copied = end;
            }
        }

        target.Write(json[copied..]);
    }

    private static void SkipTo(ref Utf8JsonReader reader, ReadOnlySpan<byte> property, int depth)
    {
        do
        {
            if (!reader.Read())
            {
                throw new InvalidOperationException("An answer holds fewer shared messages than were sent.");
            }
        } while (
            reader.TokenType != JsonTokenType.PropertyName
            || reader.CurrentDepth != depth
            || !reader.ValueTextEquals(property)
        );

        reader.Read();
    }

    private static class Empty<T>
        where T : new()
    {
        public static T Message { get; } = new();
    }
}
