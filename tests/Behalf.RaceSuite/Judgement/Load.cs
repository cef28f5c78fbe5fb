using System.Collections.Concurrent;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Judgement;

/// <summary>
/// Users who call while things break: reads and writes, on whichever node, each write by an id of its own. Until it is
/// disposed or told to end.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<string, Answer> _notes = new(StringComparer.Ordinal);
    private readonly Task _running;
    private int _own;
    private int _others;
    private volatile Node? _avoided;

    /// <param name="callers">How many call at once.</param>
    public Load(
        Installation installation,
        Findings findings,
        IReadOnlyList<(Habit Habit, string User)> users,
        int callers
    )
    {
        Caller caller = new(findings);
        _running = Task.WhenAll(
            Enumerable
                .Range(0, callers)
                .Select(i => Task.Run(() => RunAsync(installation, caller, users, new Random(i))))
        );
    }

    /// <value>Calls that were carried out as the user who asked.</value>
    public int Answered => _own;

    public int NotAnswered => _others;

    /// <summary>As behind a load balancer that is told that a node is about to restart; null: all take calls again.</summary>
    public void Avoid(Node? node) => _avoided = node;

    public async Task EndAsync()
    {
        await _ending.CancelAsync();
        await _running;
    }

    /// <summary>At most once each; exactly once where the caller was told so.</summary>
    public void Judge(Ledger ledger, Findings findings)
    {
        foreach ((string note, Answer answer) in _notes)
        {
            int times = ledger.TimesWritten(note);
            findings.Expect(times <= 1, $"{note} was written {times} times");
            findings.Expect(times == 1 || answer != Answer.Own, $"{note} was acknowledged and is not there");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _ending.Dispose();
    }

    private async Task RunAsync(
        Installation installation,
        Caller caller,
        IReadOnlyList<(Habit Habit, string User)> users,
        Random random
    )
    {
        while (!_ending.IsCancellationRequested)
        {
            (Habit habit, string user) = users[random.Next(users.Count)];
            Node node = Choose(installation.Nodes, random);
            Answer answer;
            if (random.Next(4) == 0)
            {
                string note = Guid.NewGuid().ToString("n");
                _notes[note] = Answer.NotNow;
                answer = await caller.NoteAsync(node, habit, user, note);
                _notes[note] = answer;
            }
            else
            {
                answer = await caller.WhoAsync(node, habit, user);
            }

            if (answer == Answer.Own)
            {
                Interlocked.Increment(ref _own);
            }
            else
            {
                Interlocked.Increment(ref _others);
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System); // a dead node answers at once
            }
        }
    }

    private Node Choose(IReadOnlyList<Node> nodes, Random random)
    {
        Node node = nodes[random.Next(nodes.Count)];
        return node == _avoided ? nodes.First(other => other != node) : node;
    }
}
