using System.CommandLine;
using Behalf.Server.Commands.Doctor;
using Behalf.Server.Hosting;
using Behalf.Vault;

namespace Behalf.Server.Commands;

/// <summary>The verbs that touch files or the database. Errors are one sentence on standard error.</summary>
internal static class BehalfServerCommand
{
    /// <param name="output">Null: standard output.</param>
    /// <param name="error">Null: standard error.</param>
    public static async Task<int> RunAsync(string[] args, TextWriter? output = null, TextWriter? error = null)
    {
        error ??= Console.Error;
        RootCommand root = new("Behalf: connected accounts for multi-user agents.")
        {
            ServeCommand.Create(),
            KeysCommand.Create(),
            DatabaseCommand.Create(),
            BackupCommand.Create(),
            RestoreCommand.Create(),
            DoctorCommand.Create(),
            ConnectorCommand.Create(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await error.WriteLineAsync(parsed.Errors[0].Message);
            return ExitCodes.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    EnableDefaultExceptionHandler = false,
                    Output = output ?? Console.Out,
                    Error = error,
                }
            );
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Failed; // stopped (SIGTERM, SIGINT) before it was done
        }
        catch (Exception failure)
            when (failure
                    is StartupException
                        or VaultSealedException
                        or SchemaRefusedException
                        or StorageUnavailableException
            )
        {
            await error.WriteLineAsync(failure.Message);
            return ExitCodes.Failed;
        }
    }
}
