using System.CommandLine;
using Behalf.Cli.Shell;
using Behalf.Client;

namespace Behalf.Cli.Demo;

/// <summary><c>behalf demo</c>: the whole story on this machine, with no account and no key.</summary>
internal static class DemoCommand
{
    public static Command Create(CommandShell shell)
    {
        Option<bool> keep = new("--keep") { Description = "Leave everything running afterwards and print the URLs." };
        Option<FileInfo?> world = new("--world")
        {
            Description = "Tell the story with another cast: a world document (see behalf sandbox --print-world).",
            HelpName = "FILE",
        };
        return shell.Verb(
            "demo",
            "Tell the whole story: one agent, three people, nobody's bot account.",
            [keep, world],
            call => RunAsync(call, call.Get(keep), call.Get(world))
        );
    }

    private static async Task<int> RunAsync(Invocation call, bool keep, FileInfo? world)
    {
        if (world is { Exists: false })
        {
            throw CommandFailure.Usage($"There is no file {world.FullName}.");
        }

        string folder = Directory.CreateTempSubdirectory("behalf-demo-").FullName;
        Narrator narrator = new(call.Report, call.Surroundings);
        bool held = false;
        try
        {
            narrator.Title("Behalf · one agent, three people, nobody's bot account");
            await using Stage stage = await Stage.SetAsync(folder, world?.FullName, narrator, call.Token);
            using Story story = new(stage, narrator, call.Surroundings.Clock);
            await story.TellAsync(call.Token);
            held = true;
            narrator.Done("Next: ./behalf demo --keep, or README \"Connect your own Asana\".");
            if (keep)
            {
                await KeepAsync(stage, narrator, call.Token);
            }

            return ExitCode.Ok;
        }
        catch (OperationCanceledException) when (call.Token.IsCancellationRequested)
        {
            held = true;
            throw;
        }
        catch (Exception failure) when (failure is DemoFailedException or BehalfException or HttpRequestException)
        {
            call.Report.Fail($"The story does not hold: {failure.Message}");
            call.Report.Remark($"The logs of its processes are in {folder}.");
            return ExitCode.Failed;
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
        string data = Path.Combine(stage.Folder, "data");
        narrator.Line(string.Empty);
        narrator.Line($"Still running; end it with Ctrl-C. Data folder: {data}");
        narrator.Line($"  sign in at {stage.ApplicationUrl}");
        foreach (CastMember member in stage.World.Cast)
        {
            narrator.Line($"    {member.Key} / {member.Password}   (the same at the practice Asana)");
        }

        narrator.Line($"  the sandbox's world: {new Uri(stage.SandboxUrl, "/_sandbox/world")}");
        narrator.Line($"  the CLI: BEHALF_DATA={data} ./behalf audit list");
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
