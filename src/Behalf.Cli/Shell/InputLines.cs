using System.Threading.Channels;

namespace Behalf.Cli.Shell;

/// <summary>
/// Standard input by lines. One reader for the whole process: a read of a terminal cannot be taken back, so a question
/// that is no longer asked must not swallow the answer to the next.
/// </summary>
internal sealed class InputLines(TextReader input)
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private int _started;

    /// <returns>Null at the end of input.</returns>
    public async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            _ = Task.Run(PumpAsync, CancellationToken.None);
        }
        return await _lines.Reader.WaitToReadAsync(cancellationToken) && _lines.Reader.TryRead(out var line)
            ? line
            : null;
    }

    private async Task PumpAsync()
    {
        try
        {
            while (await input.ReadLineAsync(CancellationToken.None) is { } line)
            {
                _lines.Writer.TryWrite(line);
            }
            _lines.Writer.TryComplete();
        }
        catch (IOException failure)
        {
            _lines.Writer.TryComplete(failure);
        }
    }
}
