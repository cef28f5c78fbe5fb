using System.Text.Json;
using Behalf.Identity;

namespace Behalf.Storage;

/// <summary>How the words of the rooms stand in the columns of every database, and back.</summary>
internal static class StoredValues
{
    /// <summary>Microseconds since 1970, UTC; what is finer is cut.</summary>
    public static long ToColumn(this DateTimeOffset at) =>
        (at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static long ToColumn(this TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset ToInstant(this long column) =>
        DateTimeOffset.UnixEpoch.AddTicks(column * TimeSpan.TicksPerMicrosecond);

    public static string ToColumn(this CredentialLimits limits) =>
        JsonSerializer.Serialize(
            new LimitsDocument(
                limits.Connections?.Order(StringComparer.Ordinal),
                limits.Tools?.Order(StringComparer.Ordinal)
            ),
            StorageJson.Default.LimitsDocument
        );

    public static string ToColumn(this IReadOnlyList<string> texts) =>
        JsonSerializer.Serialize([.. texts], StorageJson.Default.StringArray);

    public static string[] ToTexts(this string column) =>
        JsonSerializer.Deserialize(column, StorageJson.Default.StringArray)
        ?? throw new FormatException("A column of texts holds no array.");

    public static CredentialLimits ToLimits(this string column)
    {
        LimitsDocument document =
            JsonSerializer.Deserialize(column, StorageJson.Default.LimitsDocument)
            ?? throw new FormatException("The column limits holds no object.");
        return new CredentialLimits(
            document.Connections?.ToHashSet(StringComparer.Ordinal),
            document.Tools?.ToHashSet(StringComparer.Ordinal)
        );
    }
}
