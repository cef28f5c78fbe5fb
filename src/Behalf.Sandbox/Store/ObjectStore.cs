using System.Diagnostics.CodeAnalysis;

namespace Behalf.Sandbox.Store;

/// <summary>Every object of the practice Asana, in memory. Callers hold <see cref="Gate"/> while they read or write.</summary>
internal sealed class ObjectStore(TimeProvider time, int seed)
{
    private readonly Dictionary<string, Entity> _byGid = [];
    private readonly Dictionary<Type, List<Entity>> _byType = [];
    private readonly Dictionary<string, Entity> _byKey = [];
    private readonly HashSet<string> _deleted = [];
    private readonly GidSequence _gids = new(seed);

    public Lock Gate { get; } = new();

    public ChangeLog Changes { get; } = new();

    /// <value>Whose request is carried out; null while the world is built.</value>
    public User? Actor { get; set; }

    public SearchIndex Search { get; } = new(time);

    /// <summary>Time in whole milliseconds, as Asana writes it.</summary>
    public DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());

    public string NextGid() => _gids.Next();

    public T Add<T>(T item, string? key = null)
        where T : Entity
    {
        _byGid.Add(item.Gid, item);
        if (!_byType.TryGetValue(typeof(T), out var list))
        {
            _byType.Add(typeof(T), list = []);
        }
        list.Add(item);
        if (key is not null)
        {
            _byKey.Add(key, item);
        }
        if (item is TaskItem task)
        {
            Search.Record(task);
        }
        Note(item, "added");
        return item;
    }

    public void Remove(Entity item)
    {
        _byGid.Remove(item.Gid);
        _byType[item.GetType()].Remove(item);
        _deleted.Add(item.Gid);
        if (item is TaskItem task)
        {
            Search.Forget(task);
        }
        Note(item, "deleted");
    }

    private void Note(Entity item, string action)
    {
        if (Actor is not null)
        {
            Changes.Add(item, action, Actor, Now);
        }
    }

    /// <summary>In order of creation.</summary>
    public IEnumerable<T> All<T>()
        where T : Entity => _byType.TryGetValue(typeof(T), out var list) ? list.Cast<T>() : [];

    public IEnumerable<Entity> Everything => _byGid.Values;

    public bool TryFind(string gid, [NotNullWhen(true)] out Entity? item) => _byGid.TryGetValue(gid, out item);

    public bool WasDeleted(string gid) => _deleted.Contains(gid);

    /// <summary>Objects of the world document by the key they have there.</summary>
    public IReadOnlyDictionary<string, Entity> ByKey => _byKey;

    /// <summary>Carries out a write on a task; when it is refused half way, the task and its stories are as before.</summary>
    public void AllOrNothing(TaskItem task, Action write)
    {
        var undo = task.Remember();
        var stories = All<Story>().Count();
        try
        {
            write();
        }
        catch (Refusal)
        {
            undo();
            All<Story>().Skip(stories).ToList().ForEach(Remove);
            throw;
        }
    }

    /// <summary>Marks a task as written now, so that search sees it after its lag.</summary>
    public void Touch(TaskItem task)
    {
        task.ModifiedAt = Now;
        Search.Record(task);
        Note(task, "changed");
    }
}
