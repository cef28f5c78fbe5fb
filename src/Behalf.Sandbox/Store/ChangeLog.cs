namespace Behalf.Sandbox.Store;

/// <param name="Action"><c>added</c>, <c>changed</c> or <c>deleted</c>.</param>
internal sealed record Change(long Number, Entity Resource, string Action, User? By, DateTimeOffset At)
{
    /// <summary>Whether somebody who watches <paramref name="watched"/> is told: changes bubble up to what holds the thing.</summary>
    public bool Concerns(Entity watched) =>
        Resource == watched
        || Holders(Resource).Contains(watched)
        || (watched is Workspace && AccessRules.WorkspaceOf(Resource) == watched);

    private static IEnumerable<Entity> Holders(Entity item) =>
        item switch
        {
            TaskItem task => task
                .Projects.Cast<Entity>()
                .Concat(task.Parent is { } parent ? [parent, .. Holders(parent)] : []),
            Story story => [story.Target, .. Holders(story.Target)],
            Attachment attachment => [attachment.Parent, .. Holders(attachment.Parent)],
            Section section => [section.Project],
            Record record => [record.Home],
            _ => [],
        };
}

/// <summary>What changed, the oldest forgotten. Read and written under <c>ObjectStore.Gate</c>.</summary>
internal sealed class ChangeLog
{
    private const int Most = 10_000;

    private readonly Queue<Change> _changes = new();
    private long _last;

    /// <summary>Called under the gate: it must not wait.</summary>
    public Action<Change>? OnChange { get; set; }

    /// <value>The number of the newest change; 0: none yet.</value>
    public long Last => _last;

    public void Add(Entity resource, string action, User? by, DateTimeOffset at)
    {
        var change = new Change(++_last, resource, action, by, at);
        _changes.Enqueue(change);
        if (_changes.Count > Most)
        {
            _changes.Dequeue();
        }
        OnChange?.Invoke(change);
    }

    /// <returns>Null when some of them are forgotten.</returns>
    public IReadOnlyList<Change>? Since(long number) =>
        number > _last || (_changes.TryPeek(out var oldest) && number < oldest.Number - 1)
            ? null
            : [.. _changes.Where(change => change.Number > number)];
}
