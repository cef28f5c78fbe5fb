using System.Net.Sockets;
using System.Text.Json;
using Behalf.Sandbox.World;
using Microsoft.AspNetCore.Connections;

namespace Behalf.Sandbox;

/// <summary>The command line: <c>[sandbox] --urls URL [--world FILE] [--seed N] [--ready-file FILE] [--print-world]</c>.</summary>
internal static class SandboxCommand
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int WrongUse = 2;

    private const string Usage =
        "Usage: Behalf.Sandbox [sandbox] [--urls http://127.0.0.1:8090] [--world FILE] [--seed N] [--ready-file FILE] [--print-world]";

    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors)
    {
        var (options, objection, printWorld) = Parse(arguments);
        if (objection is not null)
        {
            await errors.WriteLineAsync($"{objection}\n{Usage}");
            return WrongUse;
        }
        if (printWorld)
        {
            await output.WriteAsync(WorldReader.DefaultText);
            return Ok;
        }
        try
        {
            await using var app = SandboxApp.Build(options);
            await app.StartAsync();
            await AnnounceAsync(app, options, output);
            await app.WaitForShutdownAsync();
            return Ok;
        }
        catch (InvalidOperationException exception)
        {
            await errors.WriteLineAsync(exception.Message);
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException or SocketException)
        {
            await errors.WriteLineAsync($"{options.Urls} is taken by another process. Use --urls with another port.");
        }
        return Failed;
    }

    internal static async Task AnnounceAsync(WebApplication app, SandboxOptions options, TextWriter output)
    {
        await output.WriteLineAsync(
            $"Practice Asana on {string.Join(", ", app.Urls)}. The cast: {app.Urls.First()}/_sandbox/world"
        );
        if (options.ReadyFile is { } path)
        {
            // Whole or not at all: a reader never sees half of it.
            var partial = $"{path}.{Environment.ProcessId}.partial";
            var ready = new
            {
                url = app.Urls.First(),
                urls = app.Urls,
                pid = Environment.ProcessId,
            };
            await File.WriteAllTextAsync(partial, JsonSerializer.Serialize(ready));
            File.Move(partial, path, overwrite: true);
        }
    }

    private static (SandboxOptions Options, string? Objection, bool PrintWorld) Parse(string[] arguments)
    {
        var options = new SandboxOptions { Urls = "http://127.0.0.1:8090" };
        var printWorld = false;
        var queue = new Queue<string>(arguments.FirstOrDefault() == "sandbox" ? arguments[1..] : arguments);
        while (queue.TryDequeue(out var argument))
        {
            if (argument == "--print-world")
            {
                printWorld = true;
                continue;
            }
            if (argument is not ("--urls" or "--world" or "--seed" or "--ready-file"))
            {
                return (options, $"Unknown argument {argument}.", printWorld);
            }
            if (!queue.TryDequeue(out var value))
            {
                return (options, $"{argument} needs a value.", printWorld);
            }
            var seed = 0;
            if (argument == "--seed" && !int.TryParse(value, out seed))
            {
                return (options, $"--seed is a whole number, not {value}.", printWorld);
            }
            options = argument switch
            {
                "--urls" => options with { Urls = value },
                "--world" => options with { WorldFile = value },
                "--seed" => options with { Seed = seed },
                _ => options with { ReadyFile = value },
            };
        }
        return (options, null, printWorld);
    }
}
