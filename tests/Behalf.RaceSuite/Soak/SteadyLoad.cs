using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Soak;

/// <summary>
/// Calls at a fixed rate whatever becomes of them (open loop): a slow answer does not make the next call later. A call
/// counts from the moment it was meant to be sent.
/// </summary>
internal sealed class SteadyLoad(
    Installation installation,
    Findings findings,
    IReadOnlyList<(Habit Habit, string User)> users,
    Random random
)
{
    private const int MostAtOnce = 400;

    private readonly Caller _caller = new(findings);
    private readonly List<Task> _running = [];
    private readonly Dictionary<string, Task<Answer>> _notes = new(StringComparer.Ordinal);
    private int _atOnce;
    private int _own;

    public Latencies All { get; private set; } = new();

    /// <value>Of calls while nothing was broken.</value>
    public Latencies Calm { get; } = new();

    public int Sent { get; private set; }

    /// <value>Calls that could not even be sent, since too many waited.</value>
    public int Held { get; private set; }

    public int Answered => _own;

    public bool IsCalm { get; set; } = true;

    public async Task RunAsync(int perSecond, CancellationToken cancellationToken)
    {
        TimeSpan gap = TimeSpan.FromSeconds(1.0 / perSecond);
        long began = TimeProvider.System.GetTimestamp();
        using PeriodicTimer timer = new(gap, TimeProvider.System);
        while (!cancellationToken.IsCancellationRequested)
        {
            while (TimeProvider.System.GetElapsedTime(began) >= gap * (Sent + Held))
            {
                Send(began, gap * (Sent + Held));
            }

            try
            {
                await timer.WaitForNextTickAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await Task.WhenAll(_running);
    }

    /// <summary>At most once each; exactly once where the caller was told so.</summary>
    public async Task JudgeAsync(Ledger ledger)
    {
        foreach ((string note, Task<Answer> answer) in _notes)
        {
            int times = ledger.TimesWritten(note);
            findings.Expect(times <= 1, $"{note} was written {times} times");
            findings.Expect(times == 1 || await answer != Answer.Own, $"{note} was acknowledged and is not there");
        }
    }

    /// <returns>Those since the last time it was asked.</returns>
    public Latencies TakeRecent()
    {
        Latencies recent = All;
        All = new Latencies();
        return recent;
    }

    private void Send(long began, TimeSpan meant)
    {
        if (_atOnce >= MostAtOnce)
        {
            Held++;
            return;
        }

        Sent++;
        (Habit habit, string user) = users[random.Next(users.Count)];
        Node node = installation.Nodes[random.Next(installation.Nodes.Count)];
        string? note = random.Next(5) == 0 ? Guid.NewGuid().ToString("n") : null;
        Interlocked.Increment(ref _atOnce);
        Task<Answer> call = Task.Run(() => CallAsync(node, habit, user, note, began, meant));
        if (note is not null)
        {
            _notes[note] = call;
        }

        _running.Add(call);
        if (_running.Count > 4 * MostAtOnce)
        {
            _running.RemoveAll(task => task.IsCompletedSuccessfully);
        }
    }

    private async Task<Answer> CallAsync(Node node, Habit habit, string user, string? note, long began, TimeSpan meant)
    {
        bool isCalm = IsCalm;
        Latencies all = All;
        Answer answer = note is null
            ? await _caller.WhoAsync(node, habit, user)
            : await _caller.NoteAsync(node, habit, user, note);
        Interlocked.Decrement(ref _atOnce);
        if (answer == Answer.Own)
        {
            Interlocked.Increment(ref _own);
            TimeSpan took = TimeProvider.System.GetElapsedTime(began) - meant;
            all.Add(took);
            if (isCalm && IsCalm)
            {
                Calm.Add(took);
            }
        }

        return answer;
    }
}
