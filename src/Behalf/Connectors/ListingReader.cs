using Behalf.Connectors.Document;

namespace Behalf.Connectors;

/// <summary>Reads <c>listing</c>: what a catalogue shows.</summary>
internal static class ListingReader
{
    private const int MaxCategories = 20;
    private const int MaxPairs = 20;

    public static ConnectorListing Read(DocumentNode? node)
    {
        if (node is null)
        {
            return ConnectorListing.None;
        }

        Fields fields = new(node, "listing");
        ConnectorListing listing = new()
        {
            Icon = Url(fields, "icon"),
            Categories = fields.Words("categories"),
            Metadata = fields
                .Entries("metadata")
                .ToDictionary(
                    entry => entry.Key,
                    entry => Fields.TextOf(entry.Value, entry.Key),
                    StringComparer.Ordinal
                ),
            Proxy = fields.Flag("proxy", otherwise: true),
            UserInfoUrl = Url(fields, "user_info_url"),
        };
        fields.End();
        return listing.Categories.Count <= MaxCategories && listing.Metadata.Count <= MaxPairs
            ? listing
            : throw new DefinitionFault(
                node.Line,
                $"at most {MaxCategories} 'categories' and {MaxPairs} pairs of 'metadata'"
            );
    }

    private static string? Url(Fields fields, string key) =>
        fields.OptionalText(key) is not { } text ? null
        : text.Length <= 2048 && Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme == Uri.UriSchemeHttps
            ? text
        : throw new DefinitionFault(fields.Line, $"'{key}' is an https address");
}
