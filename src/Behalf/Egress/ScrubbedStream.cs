using System.Buffers;

namespace Behalf.Egress;

/// <summary>
/// Reads a provider's body and gives it on scrubbed, as soon as it is decided: at most a spelling's length is held back,
/// and only where one may have begun. Memory does not grow with the body.
/// </summary>
internal sealed class ScrubbedStream(Stream body, EgressRequest request, Scrubbing scrubbing, Patience patience)
    : ReadOnlyStream
{
    private const int ChunkLength = 16 * 1024;

    private readonly ArrayBufferWriter<byte> _output = new(ChunkLength);
    private byte[] _window = new byte[2 * ChunkLength];
    private int _filled;
    private int _given;
    private long _received;
    private bool _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_given == _output.WrittenCount && !_ended)
        {
            await FillAsync(cancellationToken);
        }

        int length = Math.Min(buffer.Length, _output.WrittenCount - _given);
        _output.WrittenMemory.Slice(_given, length).CopyTo(buffer);
        _given += length;
        return length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        if (_window.Length - _filled < ChunkLength)
        {
            Array.Resize(ref _window, _window.Length + ChunkLength);
        }

        int read = await ReceiveAsync(_window.AsMemory(_filled, ChunkLength), cancellationToken);
        _ended = read == 0;
        _received += read;
        if (_received > request.MaxResponseBytes)
        {
            throw new EgressBrokenException(
                EgressFailure.TooLarge,
                $"{request.Uri.IdnHost}'s answer is larger than {request.MaxResponseBytes} bytes"
            );
        }

        _filled += read;
        _output.ResetWrittenCount();
        _given = 0;
        int decided = scrubbing.Advance(_window.AsSpan(0, _filled), _ended, _output);
        _filled -= decided;
        _window.AsSpan(decided, _filled).CopyTo(_window);
    }

    private async Task<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            patience.Token,
            cancellationToken
        );
        patience.Wait();
        try
        {
            return await body.ReadAsync(buffer, either.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure)
            when (failure is HttpRequestException or IOException or InvalidDataException
                || (failure is OperationCanceledException && patience.IsOver)
            )
        {
            EgressOutcome.Failed classified = EgressFailures.Classify(
                failure,
                request.Uri.IdnHost,
                bodyStarted: true,
                timedOut: patience.IsOver
            );
            throw new EgressBrokenException(classified.Failure, classified.Description);
        }
        finally
        {
            patience.Rest();
        }
    }
}
