using System.Security.Cryptography;
using System.Text;

namespace Behalf.Server.Hosting;

/// <summary>Which database an installation uses: the file in the data folder, or a PostgreSQL that several nodes share.</summary>
/// <param name="Folder">Of this process: its server.json, credentials and certificates, whatever the database.</param>
/// <param name="ConnectionString">PostgreSQL's; null: SQLite in the folder. It may hold a password: never shown.</param>
/// <param name="RootKeyName">
/// A file's path, or <c>SCHEME:REST</c> (<c>file</c>, <c>env</c>, or a key service's); null: the folder's own file.
/// </param>
internal sealed record DatabaseChoice(DataFolder Folder, string? ConnectionString, string? RootKeyName)
{
    /// <summary>The variable that names the database for verbs as it does for the server.</summary>
    public const string Variable = "BEHALF__DATABASE";

    /// <inheritdoc cref="Variable" />
    public const string RootKeyVariable = "BEHALF__ROOTKEY";

    public bool IsPostgreSql => ConnectionString is not null;

    /// <value>The root key's file, unless <see cref="RootKeyScheme"/> says that it is elsewhere.</value>
    public string RootKeyFile => IsNamedByScheme ? Folder.RootKey : RootKeyName ?? Folder.RootKey;

    /// <value><c>SCHEME:REST</c>; null: a file.</value>
    public string? RootKeyScheme => IsNamedByScheme ? RootKeyName : null;

    private bool IsNamedByScheme => RootKeyName is { } name && HasScheme(name);

    /// <value>
    /// The name of a node that was given none: the same at each start, another one for each data folder and machine.
    /// </value>
    public string NodeName
    {
        get
        {
            byte[] place = SHA256.HashData(Encoding.UTF8.GetBytes(Folder.Root));
            return $"{Environment.MachineName}-{Convert.ToHexStringLower(place.AsSpan(0, 4))}";
        }
    }

    /// <summary>A root key's name as <see cref="RootKeyName"/>, with its scheme.</summary>
    public static string WithScheme(string name) => HasScheme(name) ? name : $"file:{name}";

    /// <summary>An empty setting means none.</summary>
    public static string? Given(string? setting) => string.IsNullOrWhiteSpace(setting) ? null : setting;

    /// <exception cref="StartupException">The folder cannot be this installation's.</exception>
    public void Prepare() => Folder.Prepare(holdsDatabase: !IsPostgreSql);

    // At least two letters: one of them names a drive.
    private static bool HasScheme(string name) =>
        name.IndexOf(':', StringComparison.Ordinal) is > 1 and var colon
        && name[..colon].All(c => char.IsAsciiLetterLower(c) || c == '-');
}
