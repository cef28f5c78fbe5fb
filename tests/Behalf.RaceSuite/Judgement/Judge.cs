using System.Data.Common;
using Behalf.Client;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Judgement;

/// <summary>
/// <b>Nothing lost</b>: each account works with the provider's newest pair or says why its user must connect again; the
/// provider never saw a refresh token twice unless the servers had its outcome on record as unknown at that moment, or the
/// provider's profile allows it; every upstream call has its own intent, and the chain verifies.
/// </summary>
internal sealed class Judge(Installation installation, Findings findings)
{
    private const string Unknown = "refresh_outcome_unknown";

    /// <summary>The kind of a record that a write is about to be sent; an intent is 1.</summary>
    private const long Request = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Whose end nobody else brings is looked after once a minute.</summary>
    private static readonly TimeSpan TrailPatience = TimeSpan.FromSeconds(150);

    private readonly Caller _caller = new(findings);

    /// <param name="mayBeUnknown">Whether the scenario lets the pair of this user die: then the account must say so.</param>
    public async Task NothingLostAsync(
        Habit habit,
        IReadOnlyCollection<string> users,
        Func<string, bool>? mayBeUnknown = null
    )
    {
        await Parallel.ForEachAsync(
            users,
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (user, _) => await UserAsync(habit, user, mayBeUnknown?.Invoke(user) ?? false)
        );
        findings.Refreshes += users.Sum(user => installation.Provider.Ledger.Find(habit, user)?.RefreshRequests ?? 0);
        await CallsAreOnRecordAsync(users);
    }

    /// <summary>Every intent has its end, and the chain is whole. Once at the end of a scenario.</summary>
    public async Task TrailIsWholeAsync()
    {
        using CancellationTokenSource limit = new(TrailPatience, TimeProvider.System);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        while (await CountAsync("SELECT count(*) FROM audit_open_call") is > 0 and var open)
        {
            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                findings.Lost($"{open} intents have no end");
                break;
            }
        }

        AuditVerification verification = await installation.First.Client.Audit.VerifyAsync();
        foreach (AuditFault fault in verification.Faults)
        {
            findings.Lost($"audit lane {fault.Lane} at {fault.Sequence}: {fault.Description}");
        }

        findings.Expect(verification.IsWhole, "the audit trail does not verify");
    }

    private async Task UserAsync(Habit habit, string user, bool mayBeUnknown)
    {
        Answer answer = await _caller.UntilDefiniteAsync(installation.First, habit, user, Patience);
        ConnectedAccount account = await installation.First.Client.Accounts.GetAsync(habit.Slug(), user);
        Grant grant = installation.Provider.Ledger.Find(habit, user)!;
        findings.Expect(
            grant.UnrecordedRepeats == 0 || habit != Habit.Strict,
            $"{habit.Slug()} {user}: a refresh token came twice, and not as a probe of an outcome on record as unknown"
        );
        switch (answer)
        {
            case Answer.Own when account.IsActive:
                await IsNewestAsync(habit, user, grant);
                break;
            case Answer.MustConnect when mayBeUnknown && account is { Status: "EXPIRED", Reason: Unknown }:
                findings.IsStated();
                return; // said so: the token may have been seen twice
            default:
                findings.Lost(
                    $"{habit.Slug()} {user}: {account.Status} ({account.Reason}), a call says {answer}; "
                        + $"{grant.RefreshRequests} refresh requests, {grant.Renewals} carried out, {grant.Repeats} repeated"
                );
                return;
        }

        findings.Expect(
            grant.Repeats == 0 || habit != Habit.Strict || mayBeUnknown,
            $"{habit.Slug()} {user}: the provider saw a refresh token twice"
        );
    }

    private async Task IsNewestAsync(Habit habit, string user, Grant grant)
    {
        AccountCredential? read = await installation.First.Client.Credentials.ReadAsync(habit.Slug(), user);
        findings.Expect(
            read is AccountCredential.Tokens { RefreshToken: { } refresh }
                && refresh.Reveal() == grant.NewestRefresh
                && grant.IsLive,
            $"{habit.Slug()} {user}: the stored pair is not the provider's newest"
        );
    }

    /// <summary>
    /// Each call that the provider let in has the record that was committed before it: a read its own intent, a write its own
    /// record of the request. One that came without a mark counts among its user's records.
    /// </summary>
    private async Task CallsAreOnRecordAsync(IReadOnlyCollection<string> users)
    {
        HashSet<string> cast = [.. users];
        Dictionary<string, long> records = [];
        Dictionary<(string Mark, bool Writes), long> marked = [];
        await using DbConnection connection = await installation.OpenAsync();
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = """
            SELECT identifier, agent_run, kind, count(*) FROM audit_record
            WHERE kind IN (1, 2) AND identifier IS NOT NULL GROUP BY identifier, agent_run, kind
            """;
        await using DbDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            string user = reader.GetString(0);
            if (!cast.Contains(user))
            {
                continue;
            }

            long count = reader.GetInt64(3);
            records[user] = records.GetValueOrDefault(user) + count;
            if (!await reader.IsDBNullAsync(1))
            {
                marked[(reader.GetString(1), Convert.ToInt64(reader.GetValue(2)) == Request)] = count;
            }
        }

        foreach (string user in users)
        {
            int calls = installation.Provider.Ledger.CallsOf(user);
            findings.Expect(
                calls <= records.GetValueOrDefault(user),
                $"{user}: {calls} calls at the provider, {records.GetValueOrDefault(user)} on record"
            );
            foreach (
                IGrouping<MarkedCall, MarkedCall> call in installation
                    .Provider.Ledger.MarkedCallsOf(user)
                    .GroupBy(c => c)
            )
            {
                long own = marked.GetValueOrDefault((call.Key.Mark, call.Key.Writes));
                findings.Expect(
                    call.Count() <= own,
                    $"{user}: the provider let in {call.Count()} {(call.Key.Writes ? "writes" : "reads")} marked {call.Key.Mark}, {own} are on record"
                );
            }
        }
    }

    private async Task<long> CountAsync(string sql)
    {
        await using DbConnection connection = await installation.OpenAsync();
        await using DbCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // of this file
        command.CommandText = sql;
#pragma warning restore CA2100
        return Convert.ToInt64(await command.ExecuteScalarAsync());
    }
}
