using Behalf.Audit;
using Behalf.Egress;

namespace Behalf.Proxy;

/// <summary>
/// A provider's answer on its way to the caller. Disposing it completes the call in the audit trail, with how far it came;
/// a write was completed before. Not for concurrent use.
/// </summary>
public sealed class ProxyAnswer : IAsyncDisposable
{
    private readonly EgressStream _stream;
    private readonly StartedCall _call;
    private readonly IAudit _audit;
    private CallCompletion? _completion;
    private IDisposable? _place;

    internal ProxyAnswer(EgressStream stream, StartedCall call, IAudit audit, bool isCompleted, bool hasBody)
    {
        _stream = stream;
        _call = call;
        _audit = audit;
        Headers = ProxyHeaders.ForCaller(stream.Headers, hasBody);
        _completion = isCompleted
            ? null
            : new CallCompletion(CallOutcomes.Cancelled, stream.Status, "The answer was not read to its end.");
    }

    public ExecutionId Execution => _call.Intent.Execution;

    /// <value>The provider's.</value>
    public int Status => _stream.Status;

    /// <value>In order, one entry per value: no cookies, nothing of the connection, nothing that speaks for our origin.</value>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>Waits for the whole body if the provider announced a short one.</summary>
    /// <returns>How many bytes <see cref="CopyToAsync"/> will write; null: only writing tells.</returns>
    /// <exception cref="EgressBrokenException">The rest of the body does not come.</exception>
    public async Task<long?> LengthAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _stream.LengthAsync(cancellationToken);
        }
        catch (EgressBrokenException broken)
        {
            Broke(broken);
            throw;
        }
    }

    /// <exception cref="EgressBrokenException">The rest of the body does not come.</exception>
    public async Task CopyToAsync(Stream destination, CancellationToken cancellationToken)
    {
        try
        {
            await _stream.Body.CopyToAsync(destination, cancellationToken);
            EndsWith(ProxyOutcomes.Of(Status, writes: false));
        }
        catch (EgressBrokenException broken)
        {
            Broke(broken);
            throw;
        }
    }

    /// <summary>Given up when this is disposed.</summary>
    internal void Holds(IDisposable place) => _place = place;

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _place?.Dispose();
        if (_completion is { } completion)
        {
            _completion = null;
            await _audit.CompleteAsync(_call, completion);
        }
    }

    private void Broke(EgressBrokenException broken) =>
        EndsWith(new CallCompletion(CallOutcomes.ProviderError, Status, broken.Message));

    private void EndsWith(CallCompletion completion) => _completion = _completion is null ? null : completion;
}
