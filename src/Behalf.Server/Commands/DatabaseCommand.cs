using System.CommandLine;
using Behalf.Server.Hosting;

namespace Behalf.Server.Commands;

/// <summary><c>behalf database check|migrate|script|copy</c>.</summary>
internal static class DatabaseCommand
{
    public static Command Create() =>
        new("database", "The database's schema, and moving to another one.")
        {
            Verb("check", "Compare the database with this build; exit code 0 when it is current.", CheckAsync),
            Verb("migrate", "Apply what is pending.", MigrateAsync),
            Verb("script", "Print what migrate would run.", ScriptAsync),
            DatabaseCopyCommand.Create(),
        };

    private static Command Verb(
        string name,
        string description,
        Func<IDatabaseSchema, Answer, CancellationToken, Task<int>> run
    )
    {
        Option<string> data = CommonOptions.Data();
        Option<string?> database = CommonOptions.Database();
        Option<bool> json = Answer.Json();
        Command command = new(name, description) { data, database, json };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                DatabaseChoice choice = CommonOptions.Chosen(parsed, data, database);
                if (!choice.IsPostgreSql && !Directory.Exists(choice.Folder.Root))
                {
                    throw new StartupException($"{choice.Folder.Root} does not exist.");
                }

                await using OfflineServices offline = OfflineServices.Make(choice);
                return await run(offline.Get<IDatabaseSchema>(), new Answer(parsed, json), cancellationToken);
            }
        );
        return command;
    }

    private static async Task<int> CheckAsync(
        IDatabaseSchema schema,
        Answer answer,
        CancellationToken cancellationToken
    )
    {
        SchemaStatus status = await schema.CheckAsync(cancellationToken);
        await answer.GiveAsync(
            status.Problem
                ?? (
                    status.IsCurrent
                        ? $"The schema is current ({status.Current})."
                        : $"The schema is at {status.Current} of {status.Latest}; pending: {string.Join(", ", status.Pending)}."
                ),
            status
        );
        return status.IsCurrent ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static async Task<int> MigrateAsync(
        IDatabaseSchema schema,
        Answer answer,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<int> applied = await schema.MigrateAsync(cancellationToken);
        await answer.GiveAsync(
            applied.Count == 0 ? "Nothing was pending." : $"Applied {string.Join(", ", applied)}.",
            new { Applied = applied }
        );
        return ExitCodes.Ok;
    }

    private static async Task<int> ScriptAsync(
        IDatabaseSchema schema,
        Answer answer,
        CancellationToken cancellationToken
    )
    {
        string script = await schema.ScriptAsync(cancellationToken);
        await answer.GiveAsync(script.Length == 0 ? "-- Nothing is pending." : script, new { Script = script });
        return ExitCodes.Ok;
    }
}
