using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>
/// When accounts were last used. Kept in memory and written in bundles, so that no call pays for it; a crash loses at most
/// the last minute of it, and nothing is decided by it. Only the writer uses it.
/// </summary>
internal sealed class AccountUses
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Dictionary<(EnvironmentId Environment, AccountId Account), DateTimeOffset> _uses = [];
    private DateTimeOffset _flushedAt;
    private (EnvironmentId Environment, AccountId Account)? _ofItem;

    public void BeginItem() => _ofItem = null;

    public void ForgetItem()
    {
        if (_ofItem is { } use)
        {
            _uses.Remove(use);
            _ofItem = null;
        }
    }

    public void Add(EnvironmentId environment, AccountId account, DateTimeOffset at)
    {
        _ofItem = (environment, account);
        _uses[(environment, account)] = at;
    }

    /// <returns>True when it wrote.</returns>
    public bool Flush(WriteContext context, bool force)
    {
        if (_uses.Count == 0 || (!force && context.Now - _flushedAt < Interval))
        {
            return false;
        }

        context.Connection.Execute(
            """
            INSERT INTO account_use (environment_id, account_id, last_used_at) VALUES (@environment, @account, @at)
            ON CONFLICT DO UPDATE SET last_used_at = max(last_used_at, excluded.last_used_at)
            """,
            _uses.Select(use => new
            {
                environment = use.Key.Environment.ToColumn(),
                account = use.Key.Account.ToColumn(),
                at = use.Value.ToColumn(),
            })
        );
        _uses.Clear();
        _flushedAt = context.Now;
        return true;
    }
}
