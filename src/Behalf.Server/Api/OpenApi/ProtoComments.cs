using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;

namespace Behalf.Server.Api.OpenApi;

/// <summary>
/// What the proto files say about services, methods, messages, fields and values, by full name. The compiler's descriptors
/// come without comments, so the build keeps a descriptor set that has them.
/// </summary>
internal sealed partial class ProtoComments
{
    private const string Resource = "protos.binpb";

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <summary>From the set in this assembly.</summary>
    public static ProtoComments Load()
    {
        using Stream stream =
            typeof(ProtoComments).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is not in the assembly.");
        ProtoComments comments = new();
        foreach (FileDescriptorProto file in FileDescriptorSet.Parser.ParseFrom(stream).File)
        {
            comments.Read(file);
        }

        return comments;
    }

    /// <returns>One line; empty when nothing is said.</returns>
    public string Of(IDescriptor descriptor) => _texts.GetValueOrDefault(descriptor.FullName, string.Empty);

    private void Read(FileDescriptorProto file)
    {
        foreach (SourceCodeInfo.Types.Location location in file.SourceCodeInfo.Location)
        {
            if (location.LeadingComments.Length > 0 && NameOf(file, [.. location.Path]) is { } name)
            {
                _texts[name] = Whitespace().Replace(location.LeadingComments, " ").Trim();
            }
        }
    }

    /// <summary>A location's path is pairs of field number and index, from the file downwards.</summary>
    private static string? NameOf(FileDescriptorProto file, int[] path) =>
        path switch
        {
            [FileDescriptorProto.ServiceFieldNumber, int service] => $"{file.Package}.{file.Service[service].Name}",
            [
                FileDescriptorProto.ServiceFieldNumber,
                int service,
                ServiceDescriptorProto.MethodFieldNumber,
                int method,
            ] => $"{file.Package}.{file.Service[service].Name}.{file.Service[service].Method[method].Name}",
            [FileDescriptorProto.EnumTypeFieldNumber, int type] => $"{file.Package}.{file.EnumType[type].Name}",
            [FileDescriptorProto.MessageTypeFieldNumber, int type, .. var rest] => NameOf(
                $"{file.Package}.{file.MessageType[type].Name}",
                file.MessageType[type],
                rest
            ),
            _ => null,
        };

    private static string? NameOf(string name, DescriptorProto message, int[] path) =>
        path switch
        {
            [] => name,
            [DescriptorProto.FieldFieldNumber, int field] => $"{name}.{message.Field[field].Name}",
            [DescriptorProto.EnumTypeFieldNumber, int type] => $"{name}.{message.EnumType[type].Name}",
            [DescriptorProto.NestedTypeFieldNumber, int nested, .. var rest] => NameOf(
                $"{name}.{message.NestedType[nested].Name}",
                message.NestedType[nested],
                rest
            ),
            _ => null,
        };

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Whitespace();
}
