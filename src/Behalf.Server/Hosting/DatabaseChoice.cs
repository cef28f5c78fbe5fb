using System.Security.Cryptography;
using System.Text;

namespace Behalf.Server.Hosting;

/// <summary>Which database an installation uses: the file in the data folder, or a PostgreSQL that several nodes share.</summary>
/// <param name="Folder">Of this process: its server.json, credentials and certificates, whatever the database.</param>
/// <param name="ConnectionString">PostgreSQL's; null: SQLite in the folder. It may hold a password: never shown.</param>
/// <param name="RootKeyFile">Null: the folder's own.</param>
internal sealed record DatabaseChoice(DataFolder Folder, string? ConnectionString, string? RootKeyFile)
{
    /// <summary>The variable that names the database for verbs as it does for the server.</summary>
    public const string Variable = "BEHALF__DATABASE";

    /// <inheritdoc cref="Variable" />
    public const string RootKeyVariable = "BEHALF__ROOTKEYFILE";

    public bool IsPostgreSql => ConnectionString is not null;

    public string RootKey => RootKeyFile ?? Folder.RootKey;

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

    /// <summary>An empty setting means none.</summary>
    public static string? Given(string? setting) => string.IsNullOrWhiteSpace(setting) ? null : setting;

    /// <exception cref="StartupException">The folder cannot be this installation's.</exception>
    public void Prepare() => Folder.Prepare(holdsDatabase: !IsPostgreSql);
}
