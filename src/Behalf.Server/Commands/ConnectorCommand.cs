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
        Option<bool> json = Answer.Json();
        Command validate = new("validate", "Check a connector definition.") { path, json };
        validate.SetAction(
            async (parsed, cancellationToken) =>
                await ValidateAsync(
                    parsed.GetRequiredValue(path),
                    new Answer(parsed, json),
                    parsed.InvocationConfiguration.Error,
                    cancellationToken
                )
        );
        return new Command("connector", "Connector definitions.") { validate };
    }

    private static async Task<int> ValidateAsync(
        string path,
        Answer answer,
        TextWriter error,
        CancellationToken cancellationToken
    )
    {
        bool isFolder = Directory.Exists(path);
        string file = isFolder ? Path.Combine(path, ConnectorFolder.MainFile) : path;
        if (!File.Exists(file))
        {
            throw new StartupException($"{file} does not exist.");
        }

        await using OfflineServices offline = OfflineServices.Make(
            new DatabaseChoice(new DataFolder(Path.GetTempPath()), null, null)
        );
        string yaml = isFolder
            ? await ConnectorFolder.ReadAsync(path, cancellationToken)
            : await File.ReadAllTextAsync(file, cancellationToken);
        Result<ConnectorDefinition> read = offline.Get<IConnectorCatalog>().Read(yaml);
        if (!read.Succeeded)
        {
            await error.WriteLineAsync($"{file}: {read.Problem.Message}");
            return ExitCodes.Failed;
        }

        await answer.GiveAsync(
            $"{read.Value.Name}: {read.Value.Tools.Count} tools, {read.Value.Operations.All.Count} operations, revision {read.Value.Revision[..12]}",
            new
            {
                read.Value.Name,
                Tools = read.Value.Tools.Count,
                Operations = read.Value.Operations.All.Count,
                read.Value.Revision,
            }
        );
        return ExitCodes.Ok;
    }
}
