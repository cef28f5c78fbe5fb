using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Behalf.Connectors;
using Behalf.Server.Hosting;
using Behalf.Tools.Fixtures;

namespace Behalf.Server.Commands;

/// <summary><c>behalf connector validate|test|show|schema|import</c>.</summary>
internal static class ConnectorCommand
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // a file for people, never a page
    };

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
        Argument<string> folder = new("folder") { Description = "A connector's folder." };
        Option<bool> testJson = Answer.Json();
        Option<bool> update = new("--update")
        {
            Description = "Write what the tools do now into the fixtures, for you to read before you keep it.",
        };
        Command test = new("test", "Run the fixtures beside a connector definition; nothing is sent anywhere.")
        {
            folder,
            update,
            testJson,
        };
        test.SetAction(
            async (parsed, cancellationToken) =>
                await TestAsync(
                    parsed.GetRequiredValue(folder),
                    parsed.GetValue(update),
                    new Answer(parsed, testJson),
                    parsed.InvocationConfiguration.Error,
                    cancellationToken
                )
        );
        return new Command("connector", "Connector definitions.")
        {
            validate,
            test,
            Show(),
            Schema(),
            ConnectorImportCommand.Create(),
        };
    }

    private static Command Show()
    {
        Argument<string> path = new("path") { Description = "A definition, or the folder that holds one." };
        Option<bool> json = Answer.Json();
        Command show = new("show", "Show what a connector definition offers.") { path, json };
        show.SetAction(
            async (parsed, cancellationToken) =>
            {
                TextWriter error = parsed.InvocationConfiguration.Error;
                if (await ReadAsync(parsed.GetRequiredValue(path), error, cancellationToken) is not { } definition)
                {
                    return ExitCodes.Failed;
                }

                await ConnectorShown.GiveAsync(definition, new Answer(parsed, json));
                return ExitCodes.Ok;
            }
        );
        return show;
    }

    private static Command Schema()
    {
        Command schema = new("schema", "Print the JSON Schema of connector definitions, for editors.");
        schema.SetAction(
            async (parsed, cancellationToken) =>
            {
                await parsed.InvocationConfiguration.Output.WriteAsync(
                    await ConnectorSchema.ReadAsync(cancellationToken)
                );
                return ExitCodes.Ok;
            }
        );
        return schema;
    }

    private static async Task<int> ValidateAsync(
        string path,
        Answer answer,
        TextWriter error,
        CancellationToken cancellationToken
    )
    {
        if (await ReadAsync(path, error, cancellationToken) is not { } definition)
        {
            return ExitCodes.Failed;
        }

        await answer.GiveAsync(
            $"{definition.Name}: {definition.Tools.Count} tools, {definition.Operations.All.Count} operations, revision {definition.Revision[..12]}",
            new
            {
                definition.Name,
                Tools = definition.Tools.Count,
                Operations = definition.Operations.All.Count,
                definition.Revision,
            }
        );
        return ExitCodes.Ok;
    }

    /// <summary>Fails when a fixture does not hold, and when there is none: a check that checks nothing is no success.</summary>
    private static async Task<int> TestAsync(
        string folder,
        bool update,
        Answer answer,
        TextWriter error,
        CancellationToken cancellationToken
    )
    {
        if (await ReadAsync(folder, error, cancellationToken) is not { } definition)
        {
            return ExitCodes.Failed;
        }

        IReadOnlyList<string> fixtures = ConnectorFixtures.In(folder);
        if (fixtures.Count == 0)
        {
            await error.WriteLineAsync($"{Path.Combine(folder, "fixtures")} holds no fixture.");
            return ExitCodes.Failed;
        }

        int failed = 0;
        HashSet<string> tried = new(StringComparer.Ordinal);
        foreach (string file in fixtures)
        {
            FixtureResult result = await ConnectorFixtures.RunAsync(
                definition,
                await File.ReadAllTextAsync(file, cancellationToken),
                cancellationToken
            );
            tried.Add(result.Tool);
            if (update && result is { Faults.Count: > 0, Updated: { } updated })
            {
                await File.WriteAllTextAsync(file, $"{updated.ToJsonString(Indented)}\n", cancellationToken);
                await error.WriteLineAsync($"{file}: updated");
                continue;
            }

            failed += result.Faults.Count > 0 ? 1 : 0;
            foreach (string fault in result.Faults)
            {
                await error.WriteLineAsync($"{file}: {fault}");
            }
        }

        string[] without =
        [
            .. definition.Tools.Where(tool => tool.IsDefault && !tried.Contains(tool.Name)).Select(tool => tool.Name),
        ];
        await answer.GiveAsync(
            $"{definition.Name}: {fixtures.Count - failed} passed, {failed} failed"
                + (without.Length > 0 ? $"; without a fixture: {string.Join(", ", without)}" : ""),
            new
            {
                definition.Name,
                Passed = fixtures.Count - failed,
                Failed = failed,
                WithoutFixture = without,
            }
        );
        return failed == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    /// <returns>Null: what is wrong was told, with file and line.</returns>
    private static async Task<ConnectorDefinition?> ReadAsync(
        string path,
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
            return null;
        }

        return read.Value;
    }
}
