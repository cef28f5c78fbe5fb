using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Remote;
using Behalf.Connectors.Steps;

namespace Behalf.Tools.Running;

/// <summary>One execution of one tool: who it may reach, what it has spent, and what it has to say besides its result.</summary>
internal sealed class RunContext(
    ConnectorDefinition definition,
    ToolDefinition tool,
    IUpstream upstream,
    TimeProvider time,
    IRemoteListings? listings = null,
    Func<CallAdvance, Task>? onAdvance = null,
    CallAsking? asking = null
)
{
    private const int MaxRequests = 300;
    private const int MaxNotes = 20;
    private const long MaxBytes = 64L * 1024 * 1024;
    private readonly List<string> _notes = [];
    private int _requests;
    private long _bytes;

    public ConnectorDefinition Definition { get; } = definition;

    public ToolDefinition Tool { get; } = tool;

    public IUpstream Upstream { get; } = upstream;

    public TimeProvider Time { get; } = time;

    /// <value>Null: there are no remote servers here, as in fixtures.</value>
    public IRemoteListings? Listings { get; } = listings;

    /// <value>Null: nobody can be asked.</value>
    public CallAsking? Asking { get; } = asking;

    public IReadOnlyList<string> Notes => _notes;

    /// <value>True while a write is on its way: an interruption now leaves its outcome unknown.</value>
    public bool WriteInFlight { get; set; }

    /// <value>True once a write was carried out: a later fault does not undo it.</value>
    public bool Wrote { get; set; }

    /// <value>The status of the provider's last answer.</value>
    public int? LastStatus { get; set; }

    public void Note(string text)
    {
        if (_notes.Count < MaxNotes && !_notes.Contains(text))
        {
            _notes.Add(text);
        }
    }

    /// <summary>Before each request: counts it, and tells whoever listens.</summary>
    public Task BeginRequestAsync()
    {
        if (++_requests > MaxRequests)
        {
            throw Fault(FaultKinds.ProviderError, "This call needs too many requests; ask for less.");
        }

        return onAdvance?.Invoke(new CallAdvance(_requests, Definition.Name)) ?? Task.CompletedTask;
    }

    public void CountBytes(int bytes)
    {
        // A remote server's own stream is read beside its answer.
        if (Interlocked.Add(ref _bytes, bytes) > MaxBytes)
        {
            throw Fault(FaultKinds.ProviderError, "The answers are too large; ask for less.");
        }
    }

    /// <summary>The provider's status goes with it only when the provider refused something: otherwise it explains nothing.</summary>
    public ToolFault Fault(string kind, string? message = null) =>
        new(kind, message ?? FaultSentences.For(kind, Definition.Name, LastStatus ?? 0, null))
        {
            ProviderStatus = LastStatus is >= 400 ? LastStatus : null,
        };
}
