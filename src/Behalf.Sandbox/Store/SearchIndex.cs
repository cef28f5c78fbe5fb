namespace Behalf.Sandbox.Store;

/// <summary>What search knows of a task at some moment.</summary>
internal sealed record IndexedTask(
    DateTimeOffset At,
    string Name,
    string NotesHtml,
    User? Assignee,
    User CreatedBy,
    bool Completed,
    DateTimeOffset? CompletedAt,
    DateTimeOffset ModifiedAt,
    DateOnly? StartOn,
    DateOnly? DueOn,
    DateTimeOffset? DueAt,
    TaskItem? Parent,
    IReadOnlyList<User> Followers,
    IReadOnlyList<Section> Places,
    IReadOnlyList<Tag> Tags,
    bool HasDependencies,
    bool HasDependents,
    IReadOnlyDictionary<CustomField, object> Values
);

/// <summary>
/// The search index runs behind the writes: a state is found once it is <see cref="Lag"/> old, and until then the state
/// before it. Who may see a task is always judged on the task itself.
/// </summary>
internal sealed class SearchIndex(TimeProvider time)
{
    private static readonly TimeSpan LongestLag = TimeSpan.FromMinutes(10);

    public TimeSpan Lag { get; set; } = SandboxOptions.SearchLag;

    private readonly Dictionary<TaskItem, List<IndexedTask>> _states = [];

    public void Record(TaskItem task)
    {
        if (!_states.TryGetValue(task, out var states))
        {
            _states.Add(task, states = []);
        }
        states.Add(Snapshot(task));
        var horizon = time.GetUtcNow() - LongestLag;
        var newestSeen = states.FindLastIndex(s => s.At <= horizon);
        if (newestSeen > 0)
        {
            states.RemoveRange(0, newestSeen);
        }
    }

    public void Forget(TaskItem task) => _states.Remove(task);

    /// <summary>The seeded world is old news: search finds it at once.</summary>
    public void SettleAll()
    {
        foreach (var states in _states.Values)
        {
            var last = states[^1] with { At = DateTimeOffset.MinValue };
            states.Clear();
            states.Add(last);
        }
    }

    public IEnumerable<(TaskItem Task, IndexedTask State)> Visible()
    {
        var horizon = time.GetUtcNow() - Lag;
        foreach (var (task, states) in _states)
        {
            if (states.FindLast(s => s.At <= horizon) is { } state)
            {
                yield return (task, state);
            }
        }
    }

    private IndexedTask Snapshot(TaskItem task) =>
        new(
            time.GetUtcNow(),
            task.Name,
            task.NotesHtml,
            task.Assignee,
            task.CreatedBy,
            task.Completed,
            task.CompletedAt,
            task.ModifiedAt,
            task.StartOn,
            task.DueOn,
            task.DueAt,
            task.Parent,
            [.. task.Followers],
            [.. task.Places],
            [.. task.Tags],
            task.Dependencies.Count > 0,
            task.Dependents.Count > 0,
            new Dictionary<CustomField, object>(task.Values)
        );
}
