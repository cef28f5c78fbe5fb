using Behalf.Cli.Output;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Agent;

/// <summary>One line on standard error that counts the seconds while a person waits; nothing where nobody looks.</summary>
internal sealed class WaitingLine : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly Task _ticking;

    private WaitingLine(Surroundings surroundings, string text) => _ticking = TickAsync(surroundings, text);

    public static WaitingLine Start(Surroundings surroundings, string text) => new(surroundings, Inert.Line(text));

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _ticking;
        _over.Dispose();
    }

    private async Task TickAsync(Surroundings surroundings, string text)
    {
        if (!surroundings.IsInteractive)
        {
            return;
        }
        var started = surroundings.Clock.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), surroundings.Clock);
        try
        {
            do
            {
                var elapsed = surroundings.Clock.GetElapsedTime(started);
                await surroundings.Error.WriteAsync($"\r{text} … {elapsed.TotalSeconds:0} s ");
                await surroundings.Error.FlushAsync(_over.Token);
            } while (await timer.WaitForNextTickAsync(_over.Token));
        }
        catch (OperationCanceledException)
        {
            await surroundings.Error.WriteLineAsync(); // the line stays, what follows begins below it
        }
    }
}
