using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// One transaction for what was taken from the queue together: in one round trip where everything is as the records expect, in
/// two otherwise.
/// </summary>
internal sealed class BundleCommit(AuditLane lane, SharedClock clock, AccountUses uses)
{
    /// <summary>
    /// The lane is held before authority is read: what this node withdrew earlier stands earlier in it, and no intent that
    /// saw the old state stands after it.
    /// </summary>
    public async Task<bool> RunAsync(Attempt attempt, List<CallItem> bundle, Dispatch sent)
    {
        await lane.EnterAsync();
        try
        {
            if (!await CommitExpectedAsync(attempt, bundle, sent))
            {
                await CommitReadAsync(attempt, bundle, sent);
            }

            return true;
        }
        finally
        {
            lane.Leave();
        }
    }

    /// <summary>One round trip, where the records can be told beforehand and everything is as they expect.</summary>
    /// <returns>False: nothing was stored.</returns>
    private async Task<bool> CommitExpectedAsync(Attempt attempt, List<CallItem> bundle, Dispatch sent)
    {
        if (
            !attempt.IsFirst
            || !bundle.TrueForAll(item => item.IsExpectable)
            || lane.BeginAfterLast([.. bundle.Select(item => item.Environment).Distinct()], clock.UtcNow)
                is not { } places
        )
        {
            return false;
        }

        List<StartItem> calls = [.. bundle.OfType<StartItem>()];
        foreach (CallItem item in bundle)
        {
            switch (item)
            {
                case StartItem start:
                    start.Expect(places);
                    break;
                case RecordItem record:
                    record.AppendTo(places);
                    break;
            }
        }

        if (places.First is null)
        {
            return false;
        }

        NpgsqlConnection connection = attempt.Connection;
        List<CallAuthority>? authorities;
        try
        {
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
            await using NpgsqlBatch batch = connection.CreateBatch();
            lane.AddEntry(batch, calls.Count > 0);
            ExpectedBundle.AddTo(batch, lane.Node, places, calls);
            AuditLane.AddCommit(batch);
            sent.Includes(places.First);
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync();
            await reader.NextResultAsync();
            authorities = await ExpectedBundle.ReadAsync(reader, calls);
            while (await reader.NextResultAsync())
            {
                // To the end: the commit is the last of it.
            }
        }
        catch (PostgresException e) when (StorageErrors.IsUndone(e))
        {
            sent.IsSettled();
            if (StorageErrors.Translate(e) is null)
            {
                return false; // one of them is wrong; which one is found out otherwise
            }

            throw;
        }

        if (authorities is null)
        {
            sent.IsSettled();
            return false;
        }

        for (int call = 0; call < calls.Count; call++)
        {
            calls[call].Confirm(authorities[call], uses);
        }

        sent.IsSettled();
        lane.Keep(places);
        return true;
    }

    private async Task CommitReadAsync(Attempt attempt, List<CallItem> bundle, Dispatch sent)
    {
        NpgsqlConnection connection = attempt.Connection;
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        BundleReading read = await ReadAsync(connection, bundle);
        if (sent.Record is { } record && await AuditLane.HoldsAsync(connection, record))
        {
            return;
        }

        foreach (AppendItem item in bundle.OfType<AppendItem>())
        {
            if (item.Sent is { } before && await AuditLane.HoldsAsync(connection, before))
            {
                item.IsFound();
            }
        }

        sent.IsSettled(); // should it come yet, it finds that what follows has moved the lane on
        LaneBundle places = lane.Begin(read.Heads);
        int call = 0;
        foreach (CallItem item in bundle)
        {
            switch (item)
            {
                case StartItem start:
                    start.AppendTo(places, read.Authorities[call++], read.Keys, uses);
                    break;
                case AppendItem { IsStored: true }:
                    break;
                case EndItem end:
                    end.AppendTo(places, read.Keys);
                    break;
                case RecordItem alone:
                    alone.AppendTo(places);
                    break;
                case NothingItem:
                    break;
                default:
                    throw new InvalidOperationException($"Unknown item {item.GetType().Name}.");
            }
        }

        await using NpgsqlBatch batch = connection.CreateBatch();
        places.AddTo(batch);
        read.Keys.AddTo(batch);
        AuditLane.AddCommit(batch);
        sent.Includes(places.First);
        try
        {
            await batch.ExecuteNonQueryAsync();
        }
        catch (PostgresException e) when (StorageErrors.IsUndone(e))
        {
            sent.IsSettled();
            throw;
        }

        sent.IsSettled();
        lane.Keep(places);
    }

    /// <summary>The locks come first: what is read after them stays true until the commit.</summary>
    private async Task<BundleReading> ReadAsync(NpgsqlConnection connection, List<CallItem> bundle)
    {
        List<StartItem> calls = [.. bundle.OfType<StartItem>()];
        List<KeyPlace> keys = [.. bundle.Select(item => item.Key).OfType<KeyPlace>().Distinct()];
        await using NpgsqlBatch batch = connection.CreateBatch();
        lane.AddEntry(batch, calls.Count > 0);
        if (keys.Count > 0)
        {
            KeyedCalls.AddReading(batch, keys);
        }

        if (calls.Count > 0)
        {
            CallAuthorities.AddTo(batch, calls);
        }

        LaneHeads.AddTo(batch, lane.Node, bundle.Select(item => item.Environment));
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        KeyedCalls known = new();
        if (keys.Count > 0)
        {
            await reader.NextResultAsync();
            await known.ReadAsync(reader);
            await reader.NextResultAsync();
        }

        List<CallAuthority> authorities = [];
        if (calls.Count > 0)
        {
            authorities = await CallAuthorities.ReadAsync(reader, calls);
            await reader.NextResultAsync();
        }

        return new BundleReading(authorities, known, await LaneHeads.ReadAsync(reader, lane.Node));
    }

    private sealed record BundleReading(List<CallAuthority> Authorities, KeyedCalls Keys, LaneHeads Heads);
}
