namespace Behalf.Egress;

/// <summary>
/// Reads a provider's body and gives it on scrubbed, as soon as it is decided: at most a spelling's length is held back,
/// and only where one may have begun. Memory does not grow with the body; it is borrowed, and wiped when this is disposed.
/// </summary>
internal sealed class ScrubbedStream : ReadOnlyStream
{
    private const int ChunkLength = 16 * 1024;

    private readonly Stream _body;
    private readonly EgressRequest _request;
    private readonly Scrubbing _scrubbing;
    private readonly Patience _patience;
    private readonly int _chunk;
    private readonly bool _isShort;
    private readonly PooledBuffer _window;
    private readonly PooledBuffer _output;
    private int _given;
    private long _received;
    private bool _ended;
    private bool _receives;

    /// <param name="announced">The body's length as the provider gives it; null: unknown.</param>
    public ScrubbedStream(Stream body, long? announced, EgressRequest request, Scrubbing scrubbing, Patience patience)
    {
        (_body, _request, _scrubbing, _patience) = (body, request, scrubbing, patience);
        _isShort = announced < ChunkLength;
        _chunk = _isShort ? (int)announced!.Value + 1 : ChunkLength;
        _window = new PooledBuffer(_chunk);
        _output = new PooledBuffer(_chunk);
    }

    /// <summary>Waits for the whole body if it is announced to be a short one.</summary>
    /// <returns>How many bytes there are to read, scrubbed; null: only reading tells.</returns>
    /// <exception cref="EgressBrokenException">The rest does not come.</exception>
    public async ValueTask<long?> LengthAsync(CancellationToken cancellationToken)
    {
        if (!_isShort)
        {
            return null;
        }

        while (!_ended)
        {
            await FillAsync(cancellationToken);
        }

        return _output.WrittenCount - _given;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_given == _output.WrittenCount && !_ended)
        {
            await FillAsync(cancellationToken);
        }

        int length = Math.Min(buffer.Length, _output.WrittenCount - _given);
        _output.WrittenMemory.Slice(_given, length).CopyTo(buffer);
        Give(length);
        return length;
    }

    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_output.WrittenCount - _given is > 0 and int length)
            {
                await destination.WriteAsync(_output.WrittenMemory[_given..], cancellationToken);
                Give(length);
            }

            if (_ended)
            {
                return;
            }

            await FillAsync(cancellationToken);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body.Dispose();
            if (!_receives) // else somebody may still write there
            {
                _window.Dispose();
                _output.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private void Give(int length)
    {
        _given += length;
        if (_given == _output.WrittenCount)
        {
            _output.Drop(_given);
            _given = 0;
        }
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        int read = await ReceiveAsync(_window.GetMemory(_chunk)[.._chunk], cancellationToken);
        _ended = read == 0;
        _received += read;
        if (_received > _request.MaxResponseBytes)
        {
            throw new EgressBrokenException(
                EgressFailure.TooLarge,
                $"{_request.Uri.IdnHost}'s answer is larger than {_request.MaxResponseBytes} bytes"
            );
        }

        _window.Advance(read);
        _window.Drop(_scrubbing.Advance(_window.WrittenSpan, _ended, _output));
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource? either = _patience.Covers(cancellationToken)
            ? null
            : CancellationTokenSource.CreateLinkedTokenSource(_patience.Token, cancellationToken);
        _receives = true;
        try
        {
            ValueTask<int> receiving = _body.ReadAsync(buffer, either?.Token ?? _patience.Token);
            return receiving.IsCompleted ? await receiving : await _patience.WaitForAsync(receiving);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure)
            when (failure is HttpRequestException or IOException or InvalidDataException
                || (failure is OperationCanceledException && _patience.IsOver)
            )
        {
            EgressOutcome.Failed classified = EgressFailures.Classify(
                failure,
                _request.Uri.IdnHost,
                bodyStarted: true,
                timedOut: _patience.IsOver
            );
            throw new EgressBrokenException(classified.Failure, classified.Description);
        }
        finally
        {
            _receives = false;
        }
    }
}
