using Behalf.Audit;
using Behalf.Identity;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>A call that wants to start, or a record to be appended by itself.</summary>
internal abstract class CallItem : QueuedItem
{
    public abstract EnvironmentId Environment { get; }

    /// <value>Null: nothing can repeat the call.</value>
    public virtual KeyPlace? Key => null;

    /// <value>Whether its record is known before the database was asked anything.</value>
    public virtual bool IsExpectable => false;

    public abstract void TakeBack(CancellationToken cancellationToken);
}

/// <inheritdoc />
internal abstract class CallItem<T> : CallItem
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Done => _done.Task;

    protected T? Result { get; set; }

    public override void Complete() => _done.TrySetResult(Result!);

    public override void Fail(Exception exception) => _done.TrySetException(exception);

    public override void TakeBack(CancellationToken cancellationToken)
    {
        if (TryTakeBack())
        {
            _done.TrySetCanceled(cancellationToken);
        }
    }
}

/// <summary>No work: the queue looks at what waits patiently.</summary>
internal sealed class Wake : CallItem<bool>
{
    public static readonly Wake Up = new();

    private Wake() => TryTakeBack();

    public override EnvironmentId Environment => throw new InvalidOperationException("It never begins.");
}

/// <summary>Who waits for it waits for all that was handed in before.</summary>
internal sealed class NothingItem(EnvironmentId environment) : CallItem<bool>
{
    public override EnvironmentId Environment => environment;

    public override bool IsExpectable => true;
}

/// <summary>Appends a record whatever is on record before.</summary>
/// <param name="sent">As what an item before sent the same draft, and was never told whether it was stored.</param>
internal abstract class AppendItem(AuditDraft draft, StoredAuditRecord? sent) : CallItem<StoredAuditRecord>
{
    public AuditDraft Draft => draft;

    public StoredAuditRecord? Sent => sent;

    public override EnvironmentId Environment => draft.Environment;

    public override bool IsExpectable => sent is null;

    /// <value>Null: it has no place yet.</value>
    public StoredAuditRecord? Record => Result;

    /// <value>There is nothing left to append.</value>
    public bool IsStored { get; private set; }

    public void IsFound()
    {
        Result = sent;
        IsStored = true;
    }

    protected StoredAuditRecord Place(LaneBundle bundle) => Result = bundle.Append(draft);
}

internal sealed class RecordItem(AuditDraft draft, StoredAuditRecord? sent) : AppendItem(draft, sent)
{
    public void AppendTo(LaneBundle bundle) => Place(bundle);
}

/// <summary>The completion of a call with a key, and what is kept of it.</summary>
internal sealed class EndItem(
    AuditDraft completion,
    StoredAuditRecord? sent,
    string principal,
    CallKey key,
    CallEnd end
) : AppendItem(completion, sent)
{
    public override KeyPlace? Key => new(Environment, principal, key.Value);

    public override bool IsExpectable => false;

    public void AppendTo(LaneBundle bundle, KeyedCalls calls)
    {
        StoredAuditRecord record = Place(bundle);
        if (Draft.Execution is { } execution)
        {
            calls.End(Key!, execution, end, record.At);
        }
    }
}

internal sealed class StartItem(CallIntent intent) : CallItem<StartResult>
{
    private DateTimeOffset _expectedAt;

    public CallIntent Intent => intent;

    /// <value>False: its intent was sent, and what allows it is not known.</value>
    public bool IsDecided => Result is not null;

    public override EnvironmentId Environment => intent.Subject.Environment;

    public override KeyPlace? Key =>
        intent.Key is { } key ? new(Environment, intent.Subject.Principal.ClientId, key.Value) : null;

    /// <inheritdoc />
    /// <remarks>Of a key the database knows more, and the rest is refused whatever the database says.</remarks>
    public override bool IsExpectable =>
        intent.Key is null
        && intent.Subject.Principal.Kind != PrincipalKind.Operator
        && intent.Subject.Principal.Environment == Environment
        && !intent.NeededScopes.Values.Any(scope => scope.Contains(' ', StringComparison.Ordinal)); // which parts lists in SQL

    /// <summary>The intent, or the denial that takes its place; nothing when the call was started before.</summary>
    public void AppendTo(LaneBundle bundle, CallAuthority authority, KeyedCalls calls, AccountUses uses)
    {
        StartResult.Refused? refusal = authority.Judge(intent);
        if (refusal is null && Key is { } used)
        {
            PriorCall? prior = calls.Find(used);
            switch (RepeatRule.Decide(intent.Key!, intent.Writes, prior, bundle.Now))
            {
                case RepeatVerdict.Repeat:
                    Result = new StartResult.Repeated(prior!, authority.Credential!.Key);
                    return;
                case RepeatVerdict.OtherContent:
                    refusal = new StartResult.Refused(StartRefusal.KeyReused);
                    break;
                case RepeatVerdict.Start:
                    break;
                default:
                    throw new InvalidOperationException("Unknown verdict on a repeat.");
            }
        }

        if (refusal is not null)
        {
            bundle.Append(CallRecords.Denial(intent, refusal));
            Result = refusal;
            return;
        }

        StoredAuditRecord record = bundle.Append(CallRecords.Intent(intent));
        if (Key is { } place)
        {
            calls.Begin(place, intent, record.At);
        }

        Start(authority, record.At, uses);
    }

    /// <summary>The intent, before anything is known of what allows it.</summary>
    public void Expect(LaneBundle bundle)
    {
        Result = null;
        _expectedAt = bundle.Append(CallRecords.Intent(intent)).At;
    }

    /// <summary>The intent is committed, with this authority.</summary>
    public void Confirm(CallAuthority authority, AccountUses uses)
    {
        if (authority.Judge(intent) is { } refusal)
        {
            throw new InvalidOperationException($"An intent was stored that is refused: {refusal.Reason}.");
        }

        Start(authority, _expectedAt, uses);
    }

    private void Start(CallAuthority authority, DateTimeOffset at, AccountUses uses)
    {
        uses.Add(Environment, intent.Account, at);
        Result = new StartResult.Started(new StartedCall(intent, authority.Credential!, at));
    }
}
