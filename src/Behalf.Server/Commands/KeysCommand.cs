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
        Option<bool> json = Answer.Json();
        Command command = new("init", "Make a root key file.") { file, json };
        command.SetAction((parsed, _) => MakeRootKeyAsync(parsed.GetRequiredValue(file), new Answer(parsed, json)));
        return command;
    }

    private static async Task<int> MakeRootKeyAsync(string path, Answer answer)
    {
        try
        {
            string id = RootKeyFile.Create(path);
            await answer.GiveAsync(
                $"Root key {id} written to {path}. Keep a copy apart from the database's backups.",
                new { Id = id, File = Path.GetFullPath(path) }
            );
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
        Option<string?> database = CommonOptions.Database();
        Option<bool> json = Answer.Json();
        Command command = new("list", "List the key ring: ids, kinds and states, never a key.")
        {
            data,
            database,
            json,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                ListAsync(CommonOptions.Chosen(parsed, data, database), new Answer(parsed, json), cancellationToken)
        );
        return command;
    }

    private static async Task<int> ListAsync(
        DatabaseChoice database,
        Answer answer,
        CancellationToken cancellationToken
    )
    {
        await using OfflineServices offline = OfflineServices.Open(database);
        await offline.OpenDatabaseAsync(cancellationToken);
        IReadOnlyList<RingKey> keys = await offline.Get<IKeyRingStore>().ListAsync(cancellationToken);
        await answer.GiveAsync(
            string.Join(
                Environment.NewLine,
                keys.Select(key => $"{key.Id}  {key.Kind, -12}  {key.State, -11}  {key.Wrapper}  {key.CreatedAt:u}")
            ),
            keys.Select(key => new
            {
                Id = key.Id.ToString(),
                Kind = key.Kind.ToString(),
                State = key.State.ToString(),
                Wrapper = key.Wrapper.ToString(),
                key.CreatedAt,
            })
        );
        return ExitCodes.Ok;
    }
}
