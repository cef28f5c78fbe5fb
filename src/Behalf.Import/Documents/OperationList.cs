using System.Text.Json;

namespace Behalf.Import.Documents;

/// <summary>The operations of a document, in its order: what choosing among them needs, and no more.</summary>
internal static class OperationList
{
    /// <value>More than any published document has.</value>
    private const int MaxOperations = 20_000;

    private static readonly string[] Methods = ["get", "post", "put", "patch", "delete"];

    /// <summary>HEAD, OPTIONS and TRACE are no tools and not listed.</summary>
    /// <exception cref="ImportFault">Too many.</exception>
    public static IReadOnlyList<ApiOperation> Of(ApiDocument document)
    {
        List<ApiOperation> operations = [];
        IReadOnlyList<IReadOnlyList<(string, IReadOnlyList<string>)>> usual =
            Security(document.Root) ?? (IReadOnlyList<IReadOnlyList<(string, IReadOnlyList<string>)>>)[];
        string? server = Server(document.Root);
        foreach (JsonProperty path in document.Paths.EnumerateObject())
        {
            if (!path.Name.StartsWith('/') || Item(document, path.Value) is not { } item)
            {
                continue; // an extension (x-…), or an item that stands elsewhere
            }

            foreach (JsonProperty member in Json.Members(item))
            {
                if (!Methods.Contains(member.Name, StringComparer.Ordinal))
                {
                    continue;
                }

                if (operations.Count == MaxOperations)
                {
                    throw new ImportFault($"a document has at most {MaxOperations} operations");
                }

                operations.Add(Read(path.Name, member, item, usual, server));
            }
        }

        return operations;
    }

    private static JsonElement? Item(ApiDocument document, JsonElement element)
    {
        try
        {
            return document.Follow(element);
        }
        catch (NotRepresentable)
        {
            return null;
        }
    }

    private static ApiOperation Read(
        string path,
        JsonProperty member,
        JsonElement item,
        IReadOnlyList<IReadOnlyList<(string, IReadOnlyList<string>)>> usual,
        string? server
    ) =>
        new()
        {
            Id = Json.TextOf(member.Value, "operationId") is { Length: > 0 } id ? id : null,
            Method = member.Name.ToUpperInvariant(),
            Path = path,
            Summary = Json.TextOf(member.Value, "summary") ?? Json.TextOf(item, "summary") ?? "",
            Description = Json.TextOf(member.Value, "description") ?? Json.TextOf(item, "description") ?? "",
            Tags = [.. Json.Texts(Json.Member(member.Value, "tags")).Take(20)],
            IsDeprecated = Json.IsTrue(member.Value, "deprecated"),
            IsElsewhere = (Server(member.Value) ?? Server(item)) is { } own && own != server,
            Element = member.Value,
            PathItem = item,
            Security = Security(member.Value) ?? usual,
        };

    /// <returns>The address of the first server, without its scheme; null: none is said.</returns>
    private static string? Server(JsonElement element) =>
        Json.TextOf(Json.Items(Json.Member(element, "servers")).FirstOrDefault(), "url") is { } url
            ? url[(url.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? "https:".Length : 0)..].TrimEnd('/')
            : null;

    /// <returns>Null: the element says nothing about it.</returns>
    private static List<IReadOnlyList<(string, IReadOnlyList<string>)>>? Security(JsonElement element) =>
        Json.Member(element, "security") is { ValueKind: JsonValueKind.Array } list
            ?
            [
                .. list.EnumerateArray()
                    .Take(20)
                    .Select(alternative =>
                        (IReadOnlyList<(string, IReadOnlyList<string>)>)
                            [
                                .. Json.Members(alternative)
                                    .Take(20)
                                    .Select(scheme =>
                                        (scheme.Name, (IReadOnlyList<string>)[.. Json.Texts(scheme.Value).Take(50)])
                                    ),
                            ]
                    ),
            ]
            : null;
}
