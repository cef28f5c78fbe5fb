using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Behalf.Wire.Tools;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Behalf.Server.Api.Json;

/// <summary>
/// The messages of one answer that other answers hold too, in their order. What the transcoder wrote of one is kept while
/// the message is in memory; from then on an empty message goes through the transcoder and the kept bytes take its place.
/// Who gets which of them is decided anew for each answer.
/// </summary>
internal sealed class SharedMessages
{
    private static readonly ConditionalWeakTable<IMessage, byte[]> Written = [];

    /// <value>Where a tool stands in a scoped list: the answer, its list, an item, the item's property.</value>
    private const int Depth = 3;

    private readonly List<(IMessage Message, byte[]? Written)> _sent = [];

    /// <returns>Null: answers of this kind hold none.</returns>
    public static SharedMessages? For(MessageDescriptor answer) =>
        answer == ListScopedToolsResponse.Descriptor ? new SharedMessages() : null;

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
    /// <param name="target">Takes the copy.</param>
    public void Put(ReadOnlySpan<byte> json, IBufferWriter<byte> target)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = 256 });
        int copied = 0;
        foreach ((IMessage message, byte[]? written) in _sent)
        {
            SkipToNext(ref reader);
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

    private static void SkipToNext(ref Utf8JsonReader reader)
    {
        do
        {
            if (!reader.Read())
            {
                throw new InvalidOperationException("An answer holds fewer shared messages than were sent.");
            }
        } while (
            reader.TokenType != JsonTokenType.PropertyName
            || reader.CurrentDepth != Depth
            || !reader.ValueTextEquals("tool"u8)
        );

        reader.Read();
    }

    private static class Empty<T>
        where T : new()
    {
        public static T Message { get; } = new();
    }
}
