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

    public static Option<string?> Connectors() =>
        new("--connectors") { Description = "Folder with the connector folders." };
}
