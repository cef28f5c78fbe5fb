namespace Behalf.Vault;

/// <summary>Where the root key is. It wraps the key ring and nothing else.</summary>
public sealed class VaultOptions
{
    /// <value>
    /// The root key's name: <c>file:PATH</c>, <c>env:VARIABLE</c>, or one of a key service, such as
    /// <c>aws-kms:KEY</c>. Null: <see cref="RootKeyFile"/> and <see cref="RootKeyEnvironmentVariable"/>.
    /// </value>
    public string? RootKey { get; set; }

    /// <value>Further root keys by name, which unwrap but do not wrap: the one before, or the one to come.</value>
    public IList<string> FurtherRootKeys { get; } = [];

    /// <value>A file made by <see cref="RootKeyFile.Create"/>, readable by its owner only. Null: no file.</value>
    public string? RootKeyFile { get; set; }

    /// <value>
    /// The variable that may hold the root key: 32 bytes in base64. When variable and file are both there they must hold
    /// the same key.
    /// </value>
    public string RootKeyEnvironmentVariable { get; set; } = "BEHALF_ROOT_KEY";

    /// <value>
    /// Whether the first start, with an empty ring and no root key, makes <see cref="RootKeyFile"/>. Default false. A
    /// database that has a ring never gets a new root key.
    /// </value>
    public bool CreateRootKey { get; set; }
}
