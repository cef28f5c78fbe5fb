using System.CommandLine;
using Behalf.Connectors;
using Behalf.Server.Hosting;

namespace Behalf.Server.Commands;

/// <summary><c>behalf connector validate PATH</c>.</summary>
internal static class ConnectorCommand
{
    public static Command Create()
    {
        Argument<string> path = new("path") { Description = "A definition, or the folder that holds one." };
        Command validate = new("validate", "Check a connector definition.") { path };
        validate.SetAction(
            async (parsed, cancellationToken) =>
                await ValidateAsync(parsed.GetRequiredValue(path), parsed.InvocationConfiguration, cancellationToken)
        );
        return new Command("connector", "Connector definitions.") { validate };
    }

    private static async Task<int> ValidateAsync(
        string path,
        InvocationConfiguration console,
        CancellationToken cancellationToken
    )
    {
        bool isFolder = Directory.Exists(path);
        string file = isFolder ? Path.Combine(path, ConnectorFolder.MainFile) : path;
        if (!File.Exists(file))
        {
            throw new StartupException($"{file} does not exist.");
        }

        await using OfflineServices offline = OfflineServices.Make(new DataFolder(Path.GetTempPath()));
        string yaml = isFolder
            ? await ConnectorFolder.ReadAsync(path, cancellationToken)
            : await File.ReadAllTextAsync(file, cancellationToken);
        Result<ConnectorDefinition> read = offline.Get<IConnectorCatalog>().Read(yaml);
        if (!read.Succeeded)
        {
            await console.Error.WriteLineAsync($"{file}: {read.Problem.Message}");
            return ExitCodes.Failed;
        }

        await console.Output.WriteLineAsync(
            $"{read.Value.Name}: {read.Value.Tools.Count} tools, revision {read.Value.Revision[..12]}"
        );
        return ExitCodes.Ok;
    }
}
