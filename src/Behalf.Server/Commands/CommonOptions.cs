using System.CommandLine;
using Behalf.Server.Hosting;

namespace Behalf.Server.Commands;

/// <summary>Options several verbs share.</summary>
internal static class CommonOptions
{
    public static Option<string> Data() =>
        new("--data")
        {
            Description = "The data folder; default $BEHALF_DATA or ~/.behalf.",
            DefaultValueFactory = _ => DataFolder.DefaultPath,
        };

    public static Option<string?> Database() =>
        new("--database")
        {
            Description =
                $"A PostgreSQL that several nodes share, as \"Host=…;Database=…\"; default ${DatabaseChoice.Variable}, else SQLite in the data folder.",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable(DatabaseChoice.Variable),
        };

    public static Option<string?> RootKey() =>
        new("--root-key")
        {
            Description =
                $"The root key: a file's path, env:VARIABLE, aws-kms:KEY or vault-transit:https://HOST/MOUNT/KEY; default ${DatabaseChoice.RootKeyVariable}, else root.key in the data folder.",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable(DatabaseChoice.RootKeyVariable),
        };

    /// <summary>What these options say together.</summary>
    public static DatabaseChoice Chosen(
        ParseResult parsed,
        Option<string> data,
        Option<string?> database,
        Option<string?>? rootKey = null
    ) =>
        new(
            new DataFolder(parsed.GetRequiredValue(data)),
            DatabaseChoice.Given(parsed.GetValue(database)),
            rootKey is null ? null : DatabaseChoice.Given(parsed.GetValue(rootKey))
        );

    public static Option<string?> Connectors() =>
        new("--connectors") { Description = "Folder with the connector folders." };
}
