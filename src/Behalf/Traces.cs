using Behalf.Audit;
using Behalf.Events;

namespace Behalf;

/// <summary>
/// What a change leaves behind: audit records and events, written in the transaction that makes the change, so that
/// neither can be there without the other.
/// </summary>
public sealed record Traces(IReadOnlyList<AuditDraft> Audit, IReadOnlyList<EventDraft> Events)
{
    public static Traces None { get; } = new([], []);

    public static Traces Of(params AuditDraft[] audit) => new(audit, []);

    public Traces With(params EventDraft[] events) => this with { Events = [.. Events, .. events] };
}
