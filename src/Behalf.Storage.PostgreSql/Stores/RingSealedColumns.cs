namespace Behalf.Storage.PostgreSql.Stores;

/// <summary>
/// The columns whose values the ring itself seals. A sealed value names its key in the sixteen bytes after the first.
/// </summary>
internal static class RingSealedColumns
{
    /// <summary>How many values of such columns a ring key (<c>@key</c>) seals.</summary>
    public const string Count = """
        (SELECT count(*) FROM connection WHERE substr(client_secret_sealed, 2, 16) = uuid_send(@key))
          + (SELECT count(*) FROM authorization_flow
             WHERE substr(verifier_sealed, 2, 16) = uuid_send(@key) OR substr(code_sealed, 2, 16) = uuid_send(@key))
          + (SELECT count(*) FROM identity_provider WHERE substr(client_secret_sealed, 2, 16) = uuid_send(@key))
          + (SELECT count(*) FROM person WHERE substr(totp_sealed, 2, 16) = uuid_send(@key))
        """;
}
