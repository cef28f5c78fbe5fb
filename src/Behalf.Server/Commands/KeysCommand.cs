using System.CommandLine;
using Behalf.Server.Hosting;
using Behalf.Vault;

namespace Behalf.Server.Commands;

/// <summary><c>behalf keys init</c>; the other verbs of <c>keys</c> are clients of a running server.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "The root key.") { Init() };

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
}
