using System.CommandLine;
using Behalf.Server.Hosting;
using Behalf.Vault;

namespace Behalf.Server.Commands;

/// <summary><c>behalf keys init|list</c>.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "Root key and key ring.") { Init(), List() };

    private static Command Init()
    {
        Option<string> file = new("--out") { Description = "The file to make; it must not exist.", Required = true };
        Command command = new("init", "Make a root key file.") { file };
        command.SetAction(parsed => MakeRootKey(parsed.GetRequiredValue(file), parsed.InvocationConfiguration.Output));
        return command;
    }

    private static int MakeRootKey(string path, TextWriter output)
    {
        try
        {
            string id = RootKeyFile.Create(path);
            output.WriteLine($"Root key {id} written to {path}. Keep a copy apart from the database's backups.");
            return ExitCodes.Ok;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The root key cannot be written: {failure.Message}", failure);
        }
    }

    private static Command List()
    {
        Option<string> data = CommonOptions.Data();
        Command command = new("list", "List the key ring: ids, kinds and states, never a key.") { data };
        command.SetAction(
            (parsed, cancellationToken) =>
                ListAsync(parsed.GetRequiredValue(data), parsed.InvocationConfiguration.Output, cancellationToken)
        );
        return command;
    }

    private static async Task<int> ListAsync(string data, TextWriter output, CancellationToken cancellationToken)
    {
        await using OfflineServices offline = OfflineServices.Open(data);
        await offline.OpenDatabaseAsync(cancellationToken);
        foreach (RingKey key in await offline.Get<IKeyRingStore>().ListAsync(cancellationToken))
        {
            await output.WriteLineAsync(
                $"{key.Id}  {key.Kind, -12}  {key.State, -11}  {key.Wrapper}  {key.CreatedAt:u}"
            );
        }

        return ExitCodes.Ok;
    }
}
