using System.Runtime.CompilerServices;

namespace Behalf.Audit;

/// <summary>The room's entry: a call starts when its intent commits, and what cannot be recorded is not done.</summary>
internal sealed class AuditTrail(
    IAuditStore store,
    AuditBacklog backlog,
    AuditOutage outage,
    AuditVerifier verifier,
    TimeProvider time
) : IAudit
{
    public bool IsOut => outage.IsLasting;

    public async Task<Result<StartedCall>> StartAsync(CallIntent intent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(intent);
        return (await StartOnceAsync(intent with { Key = null }, cancellationToken)).To(start =>
            start is KeyedStart.Started started
                ? started.Call
                : throw new InvalidOperationException("A call without a key repeats nothing.")
        );
    }

    public async Task<Result<KeyedStart>> StartOnceAsync(CallIntent intent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(intent);
        cancellationToken.ThrowIfCancellationRequested();

        long began = time.GetTimestamp();

        // Not cancelled with its caller: a commit that nobody waits for would leave an intent without an end.
        Task<StartResult> starting = store.StartAsync(intent, CancellationToken.None);
        StartResult result;
        try
        {
            result = await starting.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _ = EndUnsentAsync(starting);
            throw;
        }
        catch (Exception failure) when (AuditOutage.IsStorageFailure(failure))
        {
            Telemetry.Started("unavailable", time.GetElapsedTime(began));
            return outage.Began(failure);
        }

        outage.Ended();
        Telemetry.Started(NameOf(result), time.GetElapsedTime(began));
        switch (result)
        {
            case StartResult.Started started:
                Milestone.Reached(Milestone.IntentCommitted, intent.Execution.ToString());
                return new KeyedStart.Started(started.Call);
            case StartResult.Repeated repeated:
                return new KeyedStart.Repeated(repeated.Prior, repeated.AccountKey);
            case StartResult.Refused refused:
                return StartRefusals.ProblemOf(intent, refused);
            default:
                throw new InvalidOperationException($"Unknown start result {result.GetType().Name}.");
        }
    }

    public async Task<Result<Done>> RequestAsync(
        StartedCall call,
        string operation,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(call);
        Result<Done> recorded = await AppendAsync(CallRecords.Request(call.Intent, operation), cancellationToken);
        if (recorded.Succeeded)
        {
            Milestone.Reached(Milestone.RequestCommitted, call.Intent.Execution.ToString());
            return recorded;
        }

        return recorded.Problem with
        {
            Execution = call.Intent.Execution,
        };
    }

    public Task CompleteAsync(StartedCall call, CallCompletion completion)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(completion);
        CallIntent intent = call.Intent;
        AuditEntry entry = new(CallRecords.Completion(intent, completion))
        {
            Kept =
                intent.Key is { } key && completion.End is { } end
                    ? new KeptEnd(intent.Subject.Principal.ClientId, key, end)
                    : null,
            IsPatient = !intent.Writes && intent.Key is null,
        };
        Task completed = CompleteAsync(intent, entry);
        return entry.IsPatient ? Task.CompletedTask : completed; // the backlog never throws
    }

    public Task DenyAsync(AuditDraft denial, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(denial);
        return denial.Kind == AuditKind.Denial
            ? backlog.AppendAsync(new AuditEntry(denial with { Decision = CallRecords.Deny }))
            : throw new ArgumentException("A denial is recorded as one.", nameof(denial));
    }

    public Task<Result<Done>> RecordAsync(AuditDraft record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        return AppendAsync(record, cancellationToken);
    }

    public Task<Page<AuditRecord>> ListAsync(
        AuditFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) => store.ListAsync(filter, page, cancellationToken);

    public Task<AuditVerification> VerifyAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        verifier.VerifyAsync(environment, cancellationToken);

    /// <exception cref="AuditBrokenException">A record is damaged; the message names it. Verify finds all such.</exception>
    public async IAsyncEnumerable<AuditRecord> ExportAsync(
        EnvironmentId environment,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (StoredAuditRecord stored in store.ReadAsync(environment, cancellationToken))
        {
            yield return Read(stored);
        }
    }

    private async Task CompleteAsync(CallIntent intent, AuditEntry entry)
    {
        if (await backlog.AppendAsync(entry))
        {
            Milestone.Reached(Milestone.CallCompleted, intent.Execution.ToString());
        }
    }

    private static string NameOf(StartResult result) =>
        result switch
        {
            StartResult.Started => "started",
            StartResult.Repeated => "repeated",
            _ => "refused",
        };

    private static AuditRecord Read(StoredAuditRecord stored)
    {
        try
        {
            return AuditChain.Read(stored);
        }
        catch (AuditBrokenException broken)
        {
            throw new AuditBrokenException($"Lane {stored.Lane}, record {stored.Sequence}: {broken.Message}");
        }
    }

    private async Task<Result<Done>> AppendAsync(AuditDraft draft, CancellationToken cancellationToken)
    {
        try
        {
            await store.AppendAsync(draft, cancellationToken);
        }
        catch (Exception failure) when (AuditOutage.IsStorageFailure(failure))
        {
            return outage.Began(failure);
        }

        outage.Ended();
        return Done.Value;
    }

    /// <summary>The caller left while the intent was committing: nothing will be sent, so the call ends here.</summary>
    private async Task EndUnsentAsync(Task<StartResult> starting)
    {
        try
        {
            if (await starting is StartResult.Started { Call: var call })
            {
                await CompleteAsync(
                    call,
                    new CallCompletion(CallOutcomes.Cancelled, Detail: "The caller left before anything was sent.")
                    {
                        End = CallEnd.Unsent,
                    }
                );
            }
        }
        catch (Exception failure) when (AuditOutage.IsStorageFailure(failure))
        {
            outage.Began(failure);
        }
    }
}
