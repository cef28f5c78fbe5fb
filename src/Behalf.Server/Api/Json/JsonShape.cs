using System.Collections.Concurrent;
using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Behalf.Server.Api.Json;

/// <summary>What a JSON value may hold, by the descriptor it is read into or written from.</summary>
internal abstract class JsonShape
{
    private static readonly ConcurrentDictionary<MessageDescriptor, JsonShape> Messages = new();

    /// <summary>A member of an object: its wire name and shape; null when there is none of that name.</summary>
    public abstract (string Name, JsonShape Shape)? Find(string name);

    /// <value>Of the items, when the value is an array.</value>
    public virtual JsonShape Items => this;

    /// <value>Any JSON: free-form values, and scalars whose text forms their reader checks.</value>
    public static JsonShape Any { get; } = new AnyShape();

    public static JsonShape Of(MessageDescriptor message) =>
        IsWellKnown(message) ? Any : Messages.GetOrAdd(message, static m => new MessageShape(m));

    private static JsonShape Of(FieldDescriptor field) =>
        field.IsMap ? new MapShape(Of(field.MessageType.FindFieldByName("value")))
        : field.FieldType == FieldType.Message ? Of(field.MessageType)
        : Any;

    private static bool IsWellKnown(MessageDescriptor message) =>
        message.File.Package == Struct.Descriptor.File.Package;

    private sealed class AnyShape : JsonShape
    {
        public override (string Name, JsonShape Shape)? Find(string name) => (name, this);
    }

    private sealed class MapShape(JsonShape values) : JsonShape
    {
        public override (string Name, JsonShape Shape)? Find(string name) => (name, values);
    }

    private sealed class MessageShape : JsonShape
    {
        private readonly FrozenDictionary<string, FieldDescriptor> _fields;
        private readonly ConcurrentDictionary<string, JsonShape> _shapes = new(StringComparer.Ordinal);

        public MessageShape(MessageDescriptor message)
        {
            Dictionary<string, FieldDescriptor> fields = new(StringComparer.Ordinal);
            foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
            {
                fields[field.Name] = field;
                fields[field.JsonName] = field;
            }

            _fields = fields.ToFrozenDictionary(StringComparer.Ordinal);
        }

        public override (string Name, JsonShape Shape)? Find(string name) =>
            _fields.TryGetValue(name, out FieldDescriptor? field)
                ? (field.Name, _shapes.GetOrAdd(field.Name, static (_, f) => Of(f), field))
                : null;
    }
}
