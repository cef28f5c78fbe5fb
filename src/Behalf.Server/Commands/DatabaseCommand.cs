using System.CommandLine;
using Behalf.Server.Hosting;

namespace Behalf.Server.Commands;

/// <summary><c>behalf database check|migrate|script</c>.</summary>
internal static class DatabaseCommand
{
    public static Command Create() =>
        new("database", "The database's schema.")
        {
            Verb("check", "Compare the database with this build; exit code 0 when it is current.", CheckAsync),
            Verb("migrate", "Apply what is pending.", MigrateAsync),
            Verb("script", "Print what migrate would run.", ScriptAsync),
        };

    private static Command Verb(
        string name,
        string description,
        Func<IDatabaseSchema, TextWriter, CancellationToken, Task<int>> run
    )
    {
        Option<string> data = CommonOptions.Data();
        Command command = new(name, description) { data };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                DataFolder folder = new(parsed.GetRequiredValue(data));
                if (!Directory.Exists(folder.Root))
                {
                    throw new StartupException($"{folder.Root} does not exist.");
                }

                await using OfflineServices offline = OfflineServices.Make(folder);
                return await run(
                    offline.Get<IDatabaseSchema>(),
                    parsed.InvocationConfiguration.Output,
                    cancellationToken
                );
            }
        );
        return command;
    }

    private static async Task<int> CheckAsync(
        IDatabaseSchema schema,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        SchemaStatus status = await schema.CheckAsync(cancellationToken);
        await output.WriteLineAsync(
            status.Problem
                ?? (
                    status.IsCurrent
                        ? $"The schema is current ({status.Current})."
                        : $"The schema is at {status.Current} of {status.Latest}; pending: {string.Join(", ", status.Pending)}."
                )
        );
        return status.IsCurrent ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static async Task<int> MigrateAsync(
        IDatabaseSchema schema,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<int> applied = await schema.MigrateAsync(cancellationToken);
        await output.WriteLineAsync(
            applied.Count == 0 ? "Nothing was pending." : $"Applied {string.Join(", ", applied)}."
        );
        return ExitCodes.Ok;
    }

    private static async Task<int> ScriptAsync(
        IDatabaseSchema schema,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        await output.WriteLineAsync(await schema.ScriptAsync(cancellationToken));
        return ExitCodes.Ok;
    }
}
