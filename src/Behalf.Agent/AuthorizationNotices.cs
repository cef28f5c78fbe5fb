using System.Collections.Concurrent;
using Behalf.Client;

namespace Behalf.Agent;

/// <summary>Tells the user, once per account, where to (re)connect. The links go to the user and never to the model.</summary>
internal sealed class AuthorizationNotices(
    AgentOptions options,
    IReadOnlyList<UserAccount> accounts,
    Func<AgentEvent, CancellationToken, Task> emit
)
{
    private readonly ConcurrentDictionary<string, bool> told = [];

    /// <returns>The sentence the run ends with.</returns>
    public async Task<string> NoneActiveAsync(CancellationToken cancellationToken)
    {
        if (accounts.Count == 0)
        {
            return $"{options.DisplayName} must connect an account first.";
        }

        var sentences = new List<string>();
        foreach (var account in accounts)
        {
            var (link, problem) = await TellAsync(account, known: null, cancellationToken);
            var what = account.Status == "PENDING_AUTH" ? "connect" : "reconnect";
            var where =
                link is not null ? $": {link}"
                : problem is not null ? $". No link could be made: {problem}"
                : ".";
            sentences.Add($"{options.DisplayName} must {what} {account.ConnectionName} ({account.Status}){where}");
        }

        return string.Join('\n', sentences);
    }

    public async Task TellAsync(string connectionName, Uri? link, CancellationToken cancellationToken)
    {
        var account = accounts.FirstOrDefault(known => known.ConnectionName == connectionName);
        if (account is not null)
        {
            await TellAsync(account.IsActive ? account with { Status = "EXPIRED" } : account, link, cancellationToken);
        }
        else if (told.TryAdd(connectionName, true))
        {
            await emit(new AgentEvent.AuthorizationRequired(connectionName, "EXPIRED", link), cancellationToken);
        }
    }

    private async Task<(Uri? Link, string? Problem)> TellAsync(
        UserAccount account,
        Uri? known,
        CancellationToken cancellationToken
    )
    {
        if (!told.TryAdd(account.ConnectionName, true))
        {
            return (known, null);
        }

        // The application's own link leads through its own pages, bound to its own session; the refusal's is the next best.
        var (made, problem) = await MakeLinkAsync(account, cancellationToken);
        var link = made ?? known;
        await emit(
            new AgentEvent.AuthorizationRequired(account.ConnectionName, account.Status, link),
            cancellationToken
        );
        return (link, problem);
    }

    private async Task<(Uri? Link, string? Problem)> MakeLinkAsync(
        UserAccount account,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return (options.AuthorizationLink is { } make ? await make(account, cancellationToken) : null, null);
        }
        catch (BehalfException exception)
        {
            return (null, exception.Message);
        }
    }
}
