using System.CommandLine;
using Spectre.Console;

namespace Behalf.Cli.Demo;

/// <summary><c>behalf demo</c>: the whole story on this machine, with no account and no key.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        Option<bool> keep = new("--keep") { Description = "Leave everything running afterwards and print the URLs." };
        Option<FileInfo?> world = new("--world")
        {
            Description = "Tell the story with another cast: a world document (see behalf sandbox --print-world).",
        };
        Command command = new("demo", "Tell the whole story: one agent, three people, nobody's bot account.")
        {
            keep,
            world,
        };
        command.SetAction(
            (result, cancellationToken) => RunAsync(result.GetValue(keep), result.GetValue(world), cancellationToken)
        );
        return command;
    }

    private static async Task<int> RunAsync(bool keep, FileInfo? world, CancellationToken cancellationToken)
    {
        if (world is { Exists: false })
        {
            await Console.Error.WriteLineAsync($"There is no file {world.FullName}.");
            return 2;
        }

        string folder = Directory.CreateTempSubdirectory("behalf-demo-").FullName;
        Narrator narrator = new(AnsiConsole.Console, TimeProvider.System);
        bool held = false;
        try
        {
            narrator.Title("Behalf · one agent, three people, nobody's bot account");
            await using Stage stage = await Stage.SetAsync(folder, world?.FullName, cancellationToken);
            narrator.Fact("practice Asana", $"{stage.SandboxUrl}  organization {stage.World.Organization}");
            narrator.Fact("Behalf", $"{stage.ServerUrl}  SQLite, new data folder");
            narrator.Fact("application", $"{stage.ApplicationUrl}  with its own login");
            narrator.Fact("model", stage.Model);

            using Story story = new(stage, narrator, TimeProvider.System);
            await story.TellAsync(cancellationToken);
            held = true;
            narrator.Line(string.Empty);
            narrator.Line(
                $"Done in {Narrator.Seconds(narrator.Elapsed)}. Next: ./behalf demo --keep, or README \"Connect your own Asana\"."
            );
            if (keep)
            {
                await KeepAsync(stage, narrator, cancellationToken);
            }

            return 0;
        }
        catch (DemoFailedException failure)
        {
            await Console.Error.WriteLineAsync($"The story does not hold: {failure.Message}");
            await Console.Error.WriteLineAsync($"The logs of its processes are in {folder}.");
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            held = true;
            return 130;
        }
        finally
        {
            if (held)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static async Task KeepAsync(Stage stage, Narrator narrator, CancellationToken cancellationToken)
    {
        narrator.Line(string.Empty);
        narrator.Line($"Still running; end it with Ctrl-C. Data folder: {Path.Combine(stage.Folder, "data")}");
        narrator.Line($"  sign in at {stage.ApplicationUrl}");
        foreach (CastMember member in stage.World.Cast)
        {
            narrator.Line($"    {member.Key} / {member.Password}   (the same at the practice Asana)");
        }

        narrator.Line($"  the sandbox's world: {new Uri(stage.SandboxUrl, "/_sandbox/world")}");
        narrator.Line($"  the CLI: BEHALF_DATA={Path.Combine(stage.Folder, "data")} ./behalf audit list");
        TaskCompletionSource never = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await never.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            narrator.Line("Ended.");
        }
    }
}
